"""MLflow's SDK, timed on whatever registry it is given. Runs in an interpreter that has MLflow and promptgit.

python plugin_side.py REGISTRY_URI TRACKING_URI [--quick]        prints one JSON object, seconds by name
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import mlflow  # noqa: E402 - the environment comes first
from samples import text  # noqa: E402
from timing import each, once_each  # noqa: E402

registry, tracking, quick = sys.argv[1], sys.argv[2], "--quick" in sys.argv
mlflow.set_tracking_uri(tracking)
mlflow.set_registry_uri(registry)
genai, found, URI = mlflow.genai, {}, "prompts:/bench@production"
genai.register_prompt("warm", "x")
if genai.load_prompt("bench", allow_missing=True) is None:
    genai.register_prompt("bench", text(1000, 5))
    genai.set_prompt_alias("bench", "production", 1)
genai.load_prompt(URI)
found["load by alias, hot"] = each(lambda: genai.load_prompt(URI))
found["load by alias, uncached"] = each(lambda: genai.load_prompt(URI, cache_ttl_seconds=0))

times = 5 if quick else 15
stamp = f"{os.getpid()}{time.time_ns()}"
found["register a version"] = once_each(
    [lambda n=n: genai.register_prompt("bench", text(2000, 5, n)) for n in range(times)]
)
found["register a new prompt"] = once_each(
    [lambda n=n: genai.register_prompt(f"new-{stamp}-{n}", "x") for n in range(times)]
)
found["move an alias"] = once_each(
    [lambda n=n: genai.set_prompt_alias("bench", "moving", n % 2 + 1) for n in range(times)]
)
count = 100 if quick else 1000
there = {prompt.name for prompt in genai.search_prompts(max_results=5000)}
for number in range(count):
    if f"s{number}" not in there:
        genai.register_prompt(f"s{number}", text(1000, 2, number))
found["search all of 1,000 prompts"] = each(lambda: genai.search_prompts(max_results=5000), rounds=3, least=0.0)
print(json.dumps(found))
