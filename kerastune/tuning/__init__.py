"""Plans of training: what trains, how fast, for how long."""

# Classes that saved models may hold are registered with Keras when they are imported.
import kerastune.backends.optimizers
import kerastune.tuning.plans.keras_schedules  # noqa: F401
from kerastune.tuning.adapter_files.loading import load_adapters
from kerastune.tuning.adapter_files.saving import save_adapters
from kerastune.tuning.adapters.adapter import Adapter, AdapterLayer
from kerastune.tuning.adapters.bottleneck import Bottleneck
from kerastune.tuning.adapters.dora import DoRA
from kerastune.tuning.adapters.ia3 import IA3
from kerastune.tuning.adapters.lora import LoRA
from kerastune.tuning.adapters.miss import MiSS
from kerastune.tuning.adapters.prefix_tuning import PrefixTuning
from kerastune.tuning.adapting import (
    add_adapters,
    merge_adapters,
    merge_and_remove_adapters,
    remove_adapters,
    unmerge_adapters,
    use_adapters,
)
from kerastune.tuning.finder.finding import find_learning_rate
from kerastune.tuning.finder.sweep import RateSearch
from kerastune.tuning.freezing.trainability import train_only
from kerastune.tuning.groups.grouping import layer_groups
from kerastune.tuning.patterns.matching import NoMatchError, match
from kerastune.tuning.patterns.text import Pattern, first, last
from kerastune.tuning.plans.by_name import (
    biases_only,
    discriminative_rates,
    full,
    gradient_descent,
    gradual_unfreezing,
    head_only,
    layer_decay,
    norms_only,
)
from kerastune.tuning.plans.named import PLANS, named_plan
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.probed import linear_probe_then_fine_tune, linear_probe_then_last
from kerastune.tuning.plans.stage import Stage
from kerastune.tuning.pruning.setting import Pruning
from kerastune.tuning.pruning.sparsity import Sparsity, sparsity
from kerastune.tuning.rates.layerwise import layerwise
from kerastune.tuning.tables.rates_by_step import rates_by_step
from kerastune.tuning.tables.resolving import plan_table
from kerastune.tuning.tables.rows import PlanRow, PlanTable
from kerastune.tuning.verbs import freeze, freeze_to, unfreeze

__all__ = [
    "IA3",
    "PLANS",
    "Adapter",
    "AdapterLayer",
    "Bottleneck",
    "DoRA",
    "LoRA",
    "MiSS",
    "NoMatchError",
    "Pattern",
    "Plan",
    "PlanRow",
    "PlanTable",
    "PrefixTuning",
    "Pruning",
    "RateSearch",
    "Sparsity",
    "Stage",
    "add_adapters",
    "biases_only",
    "discriminative_rates",
    "find_learning_rate",
    "first",
    "freeze",
    "freeze_to",
    "full",
    "gradient_descent",
    "gradual_unfreezing",
    "head_only",
    "last",
    "layer_decay",
    "layer_groups",
    "layerwise",
    "linear_probe_then_fine_tune",
    "linear_probe_then_last",
    "load_adapters",
    "match",
    "merge_adapters",
    "merge_and_remove_adapters",
    "named_plan",
    "norms_only",
    "plan_table",
    "rates_by_step",
    "remove_adapters",
    "save_adapters",
    "sparsity",
    "train_only",
    "unfreeze",
    "unmerge_adapters",
    "use_adapters",
]
