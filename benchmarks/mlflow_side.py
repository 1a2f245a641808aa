"""MLflow's figures, on SQLite. Runs in an interpreter that has MLflow: prints one JSON object, seconds by name."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path

folder = Path(sys.argv[1])
quick = "--quick" in sys.argv
folder.mkdir(parents=True, exist_ok=True)
os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import mlflow  # noqa: E402 - the environment comes first
from mlflow import MlflowClient  # noqa: E402
from samples import JINJA, JINJA_VALUES, text, values  # noqa: E402
from timing import each, once_each  # noqa: E402

found: dict[str, float] = {}
FIVE, FIFTY = values(5), values(50)
genai, client = mlflow.genai, MlflowClient()
genai.register_prompt("warm", "x")

if client.get_prompt("bench") is None:
    genai.register_prompt("bench", text(1000, 5))
    genai.set_prompt_alias("bench", "production", 1)
prompt = genai.load_prompt("prompts:/bench@production")
long = genai.register_prompt("long", text(20_000, 50))
jinja = genai.register_prompt("jinja", JINJA)
found["format 1 KB, 5 variables"] = each(lambda: prompt.format(**FIVE))
found["format 20 KB, 50 variables"] = each(lambda: long.format(**FIFTY))
found["format Jinja2, 1 KB"] = each(lambda: jinja.format(**JINJA_VALUES))
found["load by alias, hot"] = each(lambda: genai.load_prompt("prompts:/bench@production"))
found["load by alias, uncached"] = each(lambda: genai.load_prompt("prompts:/bench@production", cache_ttl_seconds=0))
found["load by version, uncached"] = each(lambda: genai.load_prompt("prompts:/bench/1", cache_ttl_seconds=0))

stamp = f"{os.getpid()}{time.time_ns()}"
times = 5 if quick else 15
registering = [lambda n=n: genai.register_prompt("bench", text(2000, 5, n)) for n in range(times)]
found["register a version"] = once_each(registering)
found["register a new prompt"] = once_each(
    [lambda n=n: genai.register_prompt(f"new-{stamp}-{n}", "x") for n in range(times)]
)
found["move an alias"] = once_each(
    [lambda n=n: genai.set_prompt_alias("bench", "moving", n % 2 + 1) for n in range(times)]
)

count = 100 if quick else 1000
there = {found_prompt.name for found_prompt in genai.search_prompts(max_results=5000)}
for number in range(count):
    if f"s{number}" not in there:
        genai.register_prompt(f"s{number}", text(1000, 2, number))
        genai.set_prompt_tag(f"s{number}", "team", "abc"[number % 3])
found["search all of 1,000 prompts"] = each(lambda: genai.search_prompts(max_results=5000), rounds=3, least=0.0)
found["search by tag in 1,000"] = each(
    lambda: genai.search_prompts(filter_string="tags.team = 'a'", max_results=5000), rounds=3, least=0.0
)
print(json.dumps(found))
