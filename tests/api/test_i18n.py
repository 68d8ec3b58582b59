"""Everything that people read is there in both languages."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from api.i18n import LANGUAGES, LOCALE_DIR, bracketed, language

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def messages() -> set[str]:
    """Every message that the code and the templates mark."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call]
    found: set[str] = set()
    keywords = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
    for package in ("optimizer", "geodata", "maps", "api"):
        folder = ROOT / package
        mapping = [(re.sub(f"^{package}/", "", pattern), method) for pattern, method in methods]
        known = {re.sub(f"^{package}/", "", pattern): each for pattern, each in options.items()}
        for _, _, message, _, _ in extract_from_dir(folder, mapping, known, keywords):
            found.add(message if isinstance(message, str) else message[0])
    return found - {""}


def catalogue(code: str) -> Catalog:
    """The catalogue in the tree."""
    with (LOCALE_DIR / code / "LC_MESSAGES" / "moling.po").open("rb") as file:
        return read_po(file, locale=code)


def placeholders(text: str) -> set[str]:
    """Names that a message fills in."""
    return set(re.findall(r"{(\w+)", text))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated(messages: set[str], code: str) -> None:
    """No message is missing or empty, and each translation fills in the same things."""
    assert len(messages) > 300
    known = catalogue(code)
    for message in sorted(messages):
        entry = known.get(message)
        assert entry is not None, message
        assert entry.string, message
        if isinstance(entry.string, str):
            assert placeholders(entry.string) == placeholders(message), message
        else:
            # Forms of singular and plural; some languages say the number in both.
            assert all(entry.string), message
            assert {name for form in entry.string for name in placeholders(form)} == placeholders("".join(entry.id))


def test_the_compiled_catalogue_is_the_one_in_the_tree() -> None:
    """What was translated last is what people see: set-up compiles again when a catalogue changes."""
    for entry in catalogue("id"):
        if isinstance(entry.id, str) and entry.id and isinstance(entry.string, str):
            assert language("id").gettext(entry.id) == entry.string


def test_no_message_stands_inside_an_f_string() -> None:
    """Extraction would not see it there."""
    marked = re.compile(r"f[\"'].*{[^}]*gettext\([\"']")
    for package in ("optimizer", "geodata", "maps", "api"):
        for file in (ROOT / package).rglob("*.py"):
            for line in file.read_text(encoding="utf-8").splitlines():
                assert not marked.search(line), f"{file.name}: {line.strip()}"


def test_brackets_stand_around_each_message_and_nothing_else() -> None:
    """A page in the bracketed language shows which of its words went through gettext."""
    told = bracketed(language("id"))
    assert told.code == "id"
    assert told.gettext("{count} stops") == f"⟦{language('id').gettext('{count} stops')}⟧"
    assert told.gettext("{count} stops").format(count=3) == "⟦3 titik layanan⟧"
    assert (
        told.ngettext("one stop", "{count} stops", 2) == f"⟦{language('id').ngettext('one stop', '{count} stops', 2)}⟧"
    )
