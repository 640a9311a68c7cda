"""Backend-agnostic models and fine-tuning recipes for Keras 3.

Rooms and names are imported when they are first used: `import kerastune` loads no framework.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kerastune import (
        backends,
        baselines,
        comparison,
        compression,
        counting,
        data,
        distribution,
        evaluation,
        exchange,
        exporting,
        heads,
        lowering,
        models,
        preprocessing,
        recipes,
        searching,
        soups,
        training,
        tuning,
    )
    from kerastune.checkpoints import Checkpoints
    from kerastune.checkpoints.restoring import restore_checkpoint
    from kerastune.comparison import Comparison, compare
    from kerastune.compression import compress
    from kerastune.data import Source, Splits
    from kerastune.distribution import ModelParallel, distributed
    from kerastune.errors import InputError, MissingExtraError
    from kerastune.evaluation import Evaluation, Metric
    from kerastune.exchange import export_hugging_face, export_peft, load_peft
    from kerastune.exporting import Export, export
    from kerastune.heads import Head
    from kerastune.jobs.caption_scores import caption_scores
    from kerastune.jobs.generated_images import generate_images
    from kerastune.jobs.generated_speech import generate_speech
    from kerastune.jobs.job import Job
    from kerastune.jobs.loading import load
    from kerastune.jobs.pretrained_clip import pretrained_towers
    from kerastune.jobs.pretrained_encoder import PretrainedEncoder
    from kerastune.jobs.pretrained_fields import PretrainedFields
    from kerastune.jobs.pretrained_image_generator import PretrainedImageGenerator
    from kerastune.jobs.pretrained_speech import PretrainedSpeech
    from kerastune.jobs.pretrained_towers import PretrainedTowers
    from kerastune.jobs.recipe import Recipe, recipe
    from kerastune.jobs.recipe_call import RecipeCall
    from kerastune.jobs.result import Result
    from kerastune.jobs.run_options import RunOptions
    from kerastune.jobs.student_job import student_job
    from kerastune.jobs.teacher import Teacher
    from kerastune.jobs.trained_baseline import trained_baseline
    from kerastune.jobs.zero_shot import evaluate_zero_shot
    from kerastune.lowering import Lowering, lower
    from kerastune.models import load_backbone
    from kerastune.preprocessing import Preprocessor
    from kerastune.searching import tune
    from kerastune.soups import soup
    from kerastune.training import TrainabilityGuard, fine_tune
    from kerastune.tuning import (
        IA3,
        Bottleneck,
        DoRA,
        LoRA,
        MiSS,
        NoMatchError,
        Plan,
        PrefixTuning,
        Pruning,
        Stage,
        add_adapters,
        find_learning_rate,
        freeze,
        freeze_to,
        layer_groups,
        layerwise,
        load_adapters,
        merge_adapters,
        merge_and_remove_adapters,
        plans,
        remove_adapters,
        save_adapters,
        unfreeze,
        unmerge_adapters,
        use_adapters,
    )

_ROOMS = {
    "backends": "kerastune.backends",
    "baselines": "kerastune.baselines",
    "comparison": "kerastune.comparison",
    "compression": "kerastune.compression",
    "counting": "kerastune.counting",
    "data": "kerastune.data",
    "distribution": "kerastune.distribution",
    "evaluation": "kerastune.evaluation",
    "exchange": "kerastune.exchange",
    "exporting": "kerastune.exporting",
    "heads": "kerastune.heads",
    "lowering": "kerastune.lowering",
    "models": "kerastune.models",
    "preprocessing": "kerastune.preprocessing",
    "recipes": "kerastune.recipes",
    "searching": "kerastune.searching",
    "soups": "kerastune.soups",
    "training": "kerastune.training",
    "tuning": "kerastune.tuning",
}

_NAMES = {
    "Bottleneck": "kerastune.tuning",
    "Checkpoints": "kerastune.checkpoints",
    "Comparison": "kerastune.comparison",
    "DoRA": "kerastune.tuning",
    "Evaluation": "kerastune.evaluation",
    "Export": "kerastune.exporting",
    "Head": "kerastune.heads",
    "IA3": "kerastune.tuning",
    "InputError": "kerastune.errors",
    "Job": "kerastune.jobs.job",
    "LoRA": "kerastune.tuning",
    "Lowering": "kerastune.lowering",
    "Metric": "kerastune.evaluation",
    "MiSS": "kerastune.tuning",
    "MissingExtraError": "kerastune.errors",
    "ModelParallel": "kerastune.distribution",
    "NoMatchError": "kerastune.tuning",
    "Plan": "kerastune.tuning",
    "Preprocessor": "kerastune.preprocessing",
    "PrefixTuning": "kerastune.tuning",
    "Pruning": "kerastune.tuning",
    "PretrainedEncoder": "kerastune.jobs.pretrained_encoder",
    "PretrainedImageGenerator": "kerastune.jobs.pretrained_image_generator",
    "PretrainedSpeech": "kerastune.jobs.pretrained_speech",
    "PretrainedTowers": "kerastune.jobs.pretrained_towers",
    "pretrained_towers": "kerastune.jobs.pretrained_clip",
    "PretrainedFields": "kerastune.jobs.pretrained_fields",
    "Recipe": "kerastune.jobs.recipe",
    "RecipeCall": "kerastune.jobs.recipe_call",
    "Result": "kerastune.jobs.result",
    "RunOptions": "kerastune.jobs.run_options",
    "Source": "kerastune.data",
    "Splits": "kerastune.data",
    "Stage": "kerastune.tuning",
    "Teacher": "kerastune.jobs.teacher",
    "TrainabilityGuard": "kerastune.training",
    "add_adapters": "kerastune.tuning",
    "caption_scores": "kerastune.jobs.caption_scores",
    "compare": "kerastune.comparison",
    "compress": "kerastune.compression",
    "evaluate_zero_shot": "kerastune.jobs.zero_shot",
    "export": "kerastune.exporting",
    "distributed": "kerastune.distribution",
    "export_hugging_face": "kerastune.exchange",
    "export_peft": "kerastune.exchange",
    "find_learning_rate": "kerastune.tuning",
    "fine_tune": "kerastune.training",
    "freeze": "kerastune.tuning",
    "freeze_to": "kerastune.tuning",
    "generate_images": "kerastune.jobs.generated_images",
    "generate_speech": "kerastune.jobs.generated_speech",
    "layer_groups": "kerastune.tuning",
    "layerwise": "kerastune.tuning",
    "load": "kerastune.jobs.loading",
    "load_adapters": "kerastune.tuning",
    "load_backbone": "kerastune.models",
    "load_peft": "kerastune.exchange",
    "lower": "kerastune.lowering",
    "merge_adapters": "kerastune.tuning",
    "merge_and_remove_adapters": "kerastune.tuning",
    "plans": "kerastune.tuning",
    "recipe": "kerastune.jobs.recipe",
    "remove_adapters": "kerastune.tuning",
    "restore_checkpoint": "kerastune.checkpoints.restoring",
    "save_adapters": "kerastune.tuning",
    "soup": "kerastune.soups",
    "student_job": "kerastune.jobs.student_job",
    "trained_baseline": "kerastune.jobs.trained_baseline",
    "tune": "kerastune.searching",
    "unfreeze": "kerastune.tuning",
    "unmerge_adapters": "kerastune.tuning",
    "use_adapters": "kerastune.tuning",
}

__all__ = [
    "IA3",
    "Bottleneck",
    "Checkpoints",
    "Comparison",
    "DoRA",
    "Evaluation",
    "Export",
    "Head",
    "InputError",
    "Job",
    "LoRA",
    "Lowering",
    "Metric",
    "MiSS",
    "MissingExtraError",
    "ModelParallel",
    "NoMatchError",
    "Plan",
    "PrefixTuning",
    "Preprocessor",
    "PretrainedEncoder",
    "PretrainedFields",
    "PretrainedImageGenerator",
    "PretrainedSpeech",
    "PretrainedTowers",
    "Pruning",
    "Recipe",
    "RecipeCall",
    "Result",
    "RunOptions",
    "Source",
    "Splits",
    "Stage",
    "Teacher",
    "TrainabilityGuard",
    "add_adapters",
    "backends",
    "baselines",
    "caption_scores",
    "compare",
    "comparison",
    "compress",
    "compression",
    "counting",
    "data",
    "distributed",
    "distribution",
    "evaluate_zero_shot",
    "evaluation",
    "exchange",
    "export",
    "export_hugging_face",
    "export_peft",
    "exporting",
    "find_learning_rate",
    "fine_tune",
    "freeze",
    "freeze_to",
    "generate_images",
    "generate_speech",
    "heads",
    "layer_groups",
    "layerwise",
    "load",
    "load_adapters",
    "load_backbone",
    "load_peft",
    "lower",
    "lowering",
    "merge_adapters",
    "merge_and_remove_adapters",
    "models",
    "plans",
    "preprocessing",
    "pretrained_towers",
    "recipe",
    "recipes",
    "remove_adapters",
    "restore_checkpoint",
    "save_adapters",
    "searching",
    "soup",
    "soups",
    "student_job",
    "trained_baseline",
    "training",
    "tune",
    "tuning",
    "unfreeze",
    "unmerge_adapters",
    "use_adapters",
]


def __getattr__(name: str) -> Any:
    """Imports a room, or takes a name from its room, when it is first asked for."""
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'kerastune' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Returns the public names, those not imported yet included."""
    return sorted([*globals(), *__all__])
