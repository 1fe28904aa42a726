"""No fenced block stands in the guide that nobody executes, unless `guide.py` says why."""

from pathlib import Path

import pytest
from tests.docs.guide import EXECUTED, FENCED, LEFT_OUT, TREE, blocks_of, pages

HERE = Path(__file__).parent
BLOCKS = [block for page in pages() for block in blocks_of(page)]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{one.page}: {one.text.splitlines()[0][:60]}" for one in BLOCKS])
def test_a_block_is_executed_or_left_out_for_a_reason(block: object) -> None:
    executed = (block.page, block.language) in EXECUTED
    assert executed or (block.page, block.text) in LEFT_OUT, "name its test in guide.py, or say why there is none"


def test_nothing_is_left_out_that_is_not_there() -> None:
    assert set(LEFT_OUT) <= {(block.page, block.text) for block in BLOCKS}
    assert set(EXECUTED) <= {(block.page, block.language) for block in BLOCKS}


@pytest.mark.parametrize(("page", "tests"), [(key[0], tests) for key, tests in EXECUTED.items()])
def test_the_tests_take_their_blocks_from_the_page(page: str, tests: tuple[str, ...]) -> None:
    for name in tests:
        text = (HERE / name).resolve().read_text()
        assert "from tests.docs.guide import" in text, name
        assert f'"{page}"' in text, name


def test_every_fence_is_a_block_that_is_known() -> None:
    for page in pages():
        text = (TREE / page).read_text()
        rest = FENCED.sub("", text)
        assert not [line for line in rest.splitlines() if line.lstrip().startswith(("```", "~~~"))], page
