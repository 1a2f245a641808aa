"""The grammar, and a recursive-descent parser for it.

    filter      = [ or ]
    or          = and { OR and }
    and         = not { AND not }
    not         = NOT not | "(" or ")" | comparison
    comparison  = field sign value
                | field [ NOT ] ( LIKE | ILIKE ) value
                | field [ NOT ] IN "(" value { "," value } [ "," ] ")"
                | field IS [ NOT ] NULL
    sign        = "=" | "!=" | "<" | "<=" | ">" | ">="
    field       = NAME | ( "tags" | "tag" ) "." key
    key         = BARE | "`" ... "`" | string
    value       = string | NUMBER

Keywords may be written in any case, names of fields and tags may not: MLflow minds their case too. The words
are those of `tokens.py`; which operators and values a field takes stands in `fields.py` and `values.py`.
"""

from __future__ import annotations

from promptgit.errors import InvalidReferenceError
from promptgit.search.expression import And, Comparison, Not, Or, joined
from promptgit.search.fields import NUMBER, OPERATORS, find_field, split_tag
from promptgit.search.tokens import BARE, END, QUOTED, SIGN, STRING, read_token
from promptgit.search.values import read_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptgit.search.expression import Expression, Scalar, Value
    from promptgit.search.fields import Field
    from promptgit.search.tokens import Token

MAX_LENGTH = 65_536
MAX_DEPTH = 50
_OPERATORS = frozenset(name for names in OPERATORS.values() for name in names)
_SLIPS = {"==": "=", "<>": "!=", "!": "!=", "&&": "AND", "&": "AND", "||": "OR", "|": "OR"}


def parse_expression(text: str) -> Expression | None:
    """The expression that `text` stands for; None if there is nothing but white space.

    Raises:
        InvalidReferenceError: with the offset of the first fault; none if the text is too long, or no text.
    """
    if not isinstance(text, str):
        raise InvalidReferenceError(f"a filter is a text, not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        message = f"a filter has at most {MAX_LENGTH} characters, this one has {len(text)}"
        raise InvalidReferenceError(message, text=text)
    return _Parser(text).parse()


class _Parser:
    """One pass over a text, with one word of look-ahead and one of memory."""

    def __init__(self, text: str) -> None:
        self._next: Token | None = read_token(text, 0)
        self._last = self._next
        self._depth = 0

    def parse(self) -> Expression | None:
        if self._token.kind == END:
            return None
        expression = self._or()
        if self._token.kind != END:
            raise _leftover(self._token, self._last)
        return expression

    @property
    def _token(self) -> Token:
        if self._next is None:
            self._next = read_token(self._last.source, self._last.end)
        return self._next

    def _advance(self) -> Token:
        self._last, self._next = self._token, None
        return self._last

    def _take(self, keyword: str) -> bool:
        if self._token.keyword != keyword:
            return False
        self._advance()
        return True

    def _or(self) -> Expression:
        terms = [self._and()]
        while self._take("OR"):
            terms.append(self._and())
        return joined(Or, terms)

    def _and(self) -> Expression:
        terms = [self._not()]
        while self._take("AND"):
            terms.append(self._not())
        return joined(And, terms)

    def _not(self) -> Expression:
        token = self._token
        if token.keyword != "NOT" and not token.is_sign("("):
            return self._comparison()
        if self._depth == MAX_DEPTH:
            raise token.fault(f"NOT and parentheses are nested deeper than {MAX_DEPTH}")
        self._depth += 1
        self._advance()
        term = Not(term=self._not()) if token.keyword == "NOT" else self._in_parentheses(token)
        self._depth -= 1
        return term

    def _in_parentheses(self, opening: Token) -> Expression:
        expression = self._or()
        if self._token.kind == END:
            raise opening.fault("this parenthesis is not closed", "Add ) where the group ends.")
        if not self._token.is_sign(")"):
            raise _leftover(self._token, self._last)
        self._advance()
        return expression

    def _comparison(self) -> Comparison:
        field, key = self._field()
        operator = self._operator(field)
        value: Value = None
        if operator.endswith("IN"):
            value = self._list(field, operator)
        elif not operator.startswith("IS"):
            value = self._value(field, operator)
        return Comparison(field=field.name, key=key, operator=operator, value=value)

    def _field(self) -> tuple[Field, str]:
        token = self._token
        if token.kind != BARE or token.keyword in ("AND", "OR"):
            raise _no_field(token)
        self._advance()
        tag = split_tag(token.value)
        if tag is None:
            return find_field(token), ""
        field, key = tag
        if not key and token.follower in ("'", '"', "`"):
            key = self._advance().value
        if not key:
            raise token.fault("this tag has no key", "Write tags.team, or tags.`cost center` with spaces.")
        return field, key

    def _operator(self, field: Field) -> str:
        first = self._token
        name = first.value if first.kind == SIGN else first.keyword
        while name in ("NOT", "IS", "IS NOT"):
            self._advance()
            name = f"{name} {self._token.keyword}"
        known = f"{field.name} takes {', '.join(OPERATORS[field.kind])}."
        if name not in _OPERATORS:
            slip = _SLIPS.get(self._token.value)
            what = f"expected an operator after {self._last}, not {self._token}"
            raise self._token.fault(what, f"Write {slip}. {known}" if slip else known)
        if name.startswith("IS") and name not in OPERATORS[field.kind]:
            hint = "Only a tag and an alias can be missing; an empty text is found with = ''."
            raise first.fault(f"{field.name} is never missing", hint)
        if name not in OPERATORS[field.kind]:
            raise first.fault(f"{field.name} has no operator {name}", known)
        self._advance()
        return name

    def _value(self, field: Field, operator: str) -> Scalar:
        return read_value(self._advance(), field, operator)

    def _list(self, field: Field, operator: str) -> Value:
        example = "(1, 2)" if field.kind == NUMBER else "('a', 'b')"
        hint = f"{operator} takes a list: {field.name} {operator} {example}."
        opening = self._token
        if not opening.is_sign("("):
            raise opening.fault(f"expected ( after {operator}, not {opening}", hint)
        self._advance()
        if self._token.is_sign(")"):
            raise self._token.fault("this list is empty", hint)
        values: list[Scalar] = []
        while not self._token.is_sign(")"):
            values.append(self._value(field, operator))
            if self._token.is_sign(","):
                self._advance()
            elif self._token.kind == END:
                raise opening.fault("this list is not closed", hint)
            elif not self._token.is_sign(")"):
                raise self._token.fault(f"expected , or ) in the list, not {self._token}", hint)
        self._advance()
        return tuple(values)


def _no_field(token: Token) -> InvalidReferenceError:
    if token.kind in (STRING, QUOTED):
        hint = "Only the key of a tag may have them: tags.`cost center`."
        return token.fault("a field's name is written without quotes", hint)
    hint = "A condition is a field, an operator and a value: name = 'greeting'."
    return token.fault(f"expected a field, not {token}", hint)


def _leftover(token: Token, last: Token) -> InvalidReferenceError:
    """The error about a word where only AND, OR, a closing parenthesis or the end can follow."""
    hint = "Join conditions with AND or OR."
    if token.value in _SLIPS:
        hint = f"Write {_SLIPS[token.value]}."
    elif last.kind == STRING and last.follower.isalnum():
        hint = "If it belongs to the text before it: a quote inside a text is written twice ('it''s')."
    elif token.is_sign(")"):
        hint = "There is no ( for it."
    return token.fault(f"expected AND, OR or the end, not {token}", hint)
