"""features.toml and the units, held to what is there."""

import ast
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FEATURES = tomllib.loads((ROOT / "tests" / "features.toml").read_text())


def functions(file: Path) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse(file.read_text())
    defined = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, defined)}


@pytest.mark.parametrize("row", FEATURES)
def test_every_claimed_row_has_tests_that_exist(row: str) -> None:
    """Nothing is claimed that no test shows."""
    assert FEATURES[row]["tests"]
    for name in FEATURES[row]["tests"]:
        file, _, function = name.partition("::")
        assert function in functions(ROOT / file), name


@pytest.mark.parametrize(
    "unit", sorted((ROOT / "systemd").glob("*.s*[te]")), ids=lambda each: each.name
)
def test_a_unit_is_one_that_systemd_understands(unit: Path) -> None:
    """Every directive is known; only the program is not installed here."""
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    unexpected = [
        line
        for line in done.stderr.splitlines()
        if unit.stem in line and "is not executable" not in line and "man" not in line
    ]
    assert unexpected == []


@pytest.mark.parametrize(("unit", "most"), [("beekeed", 12), ("beekeed-page", 3)])
def test_a_unit_may_do_little(unit: str, most: int) -> None:
    """As systemd itself judges, in tenths: 100 is unprotected."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={most}",
         str(ROOT / "systemd" / f"{unit}.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout
