"""
The program and the style sheet inside of the page.
"""

from __future__ import annotations

import re

from pathlib import Path

import pytest

from otel_testkit.report.html import assets


ASSETS = Path(assets.__file__).parent / "assets"
MODULES = sorted(
    path.relative_to(ASSETS).with_suffix("").as_posix()
    for path in ASSETS.rglob("*.js")
    if path.name != "loader.js"
)


@pytest.fixture
def modules(monkeypatch):
    """
    Made-up modules, by their names.
    """
    texts: dict[str, str] = {}
    monkeypatch.setattr(assets, "_read", texts.__getitem__)

    return texts


def joined(name="main"):
    texts: dict[str, str] = {}
    assets._join(name, texts, ())

    return "\n".join(texts.values())


def test_every_module_is_in_the_program():
    """
    None is forgotten, and none is there twice.
    """
    names = re.findall(r"^const (\w+)_js = ", assets.script(), re.MULTILINE)

    assert sorted(map(assets._variable, MODULES)) == sorted(
        f"{name}_js" for name in names
    )


def test_nothing_is_left_to_be_loaded():
    """
    A page from a disk may load nothing.
    """
    program = assets.loader() + assets.script()
    assert not re.search(r"^(import|export)[ {]", program, re.MULTILINE)
    assert not re.search(r"\b(import|fetch|eval|Function)\(", program)
    style = assets.style() + assets.later_style()
    assert "url(" not in style
    assert "@import" not in style


def test_nothing_ends_the_elements_around():
    """
    Neither text can close the element that it stands in.
    """
    program = assets.loader() + assets.script()
    assert not re.search(r"</script|<!--", program, re.IGNORECASE)
    style = assets.style() + assets.later_style()
    assert not re.search(r"</style", style, re.IGNORECASE)


def test_no_text_goes_over_a_line():
    """
    What a line begins with can be left out, for no text is there.
    """
    for name in MODULES:
        for line in assets._read(f"{name}.js").splitlines():
            assert not line.count("`") % 2, (name, line)


def test_what_is_needed_comes_first(modules):
    """
    Modules come in the order in which they need each other, each once.
    """
    modules["main.js"] = (
        'import { b } from "./room/b.js";\nimport { c, d } from "./c-d.js";\nb(c);\n'
    )
    modules["room/b.js"] = (
        'import {\n  c,\n} from "../c-d.js";\n\nexport const b = c;\n'
    )
    modules["c-d.js"] = (
        "export function c() {}\nexport async function d() {}\nexport function* e() {}\n"
        "export class F {}\n"
    )

    program = joined()

    assert ["c_d", "room_b", "main"] == re.findall(
        r"^const (\w+)_js = \(", program, re.MULTILINE
    )
    assert "return { c, d, e, F };" in program
    assert "const {\nc,\n} = c_d_js;" in program


def test_modules_that_need_each_other(modules):
    """
    A circle has no order, and is told.
    """
    modules["main.js"] = 'import { b } from "./b.js";\n'
    modules["b.js"] = 'import { main } from "./main.js";\n'

    with pytest.raises(ValueError, match="main → b → main"):
        joined()
