"""Every recipe by its name, which is built for samples that stand in for its data."""

import pytest

from kerastune import recipes
from kerastune.params.sources.recipes import count_recipe

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("name", recipes.__all__)
def test_every_recipe_is_counted_without_its_data(name):
    assert count_recipe(f"recipe:{name}").parameters > 0
