"""The language in which prompts are searched and put in order.

    name LIKE 'support.%' AND tags.team = 'billing'
    alias = 'production' AND NOT template ILIKE '%please%'
    updated >= '2026-01-01' AND (author = 'Ada' OR version > 9)
    tags.`cost center` IS NULL OR name NOT IN ('faq', 'greeting')

It holds all of MLflow's filters (`name` and `tags.KEY`; `= != LIKE ILIKE`, `IN` and `NOT IN`, joined by
`AND`), with the same answers, and adds `OR`, `NOT`, parentheses and the fields below. The grammar stands in
`parser.py`.

    field                            operators, each also with NOT where English allows
    name description template        = != LIKE ILIKE IN
    author message                   = != LIKE ILIKE IN
    tags.KEY                         the same, IS NULL, IS NOT NULL
    alias                            the same, IS NULL, IS NOT NULL
    version                          = != < <= > >= IN         a whole number, without quotes
    created updated                  = != < <= > >=            a date in quotes, or milliseconds since 1970

What is not obvious:

- `LIKE` is SQL's: `%` is any text, `_` any one character, line breaks included; `\\%`, `\\_` and `\\\\` are
  those characters themselves. It minds case and `ILIKE` does not.
- `tags.x != 'y'`, `NOT LIKE` and `NOT IN` need the tag to be there, as in MLflow. `NOT tags.x = 'y'` is also
  true of a prompt without the tag: `NOT` always turns an answer round, there is no third truth value.
- A prompt has many aliases: `alias = 'x'` is true if one of them is x, `alias != 'x'` if none is, and
  `alias IS NULL` if there are none.
- A date without a time is that whole day, in UTC: `updated <= '2026-01-31'` holds until the day's end, and
  `updated > '2026-01-31'` from there on. A date-time without a zone is UTC.
- What is not committed yet counts as created and updated after every date.
- In a string, the quote is written twice: `'it''s'`. A backslash means something to `LIKE` only. Here MLflow
  differs: a backslash is itself in `LIKE` and Python's escape in `IN (...)`, and `''` is two quotes.
"""

from __future__ import annotations

from promptgit.search.candidate import Candidate
from promptgit.search.filter import Filter, parse_filter
from promptgit.search.order import Order, OrderKey, parse_order_by

__all__ = ["Candidate", "Filter", "Order", "OrderKey", "parse_filter", "parse_order_by"]
