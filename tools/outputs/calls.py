"""The calls whose output is compared: lines as in a shell, by name."""

TABLES = "--json out/t.json --csv out/t.csv --markdown out/t.md --html out/t.html"
PLANS = (
    "'full, head_only, last(2), norms, biases_only, kernels, layer_decay, gradual_unfreezing, "
    'linear_probe_then_fine_tune, plan.yaml, lora(8), lora(2, "query | value")\''
)
BERT = "keras_hub:bert_tiny_en_uncased"

_NAMES = "kerastune params lenet small_resnet linear_regression minilm mlp_784_128_10"
_PLANS = f"kerastune params {BERT} --plans {PLANS}"
_LAYERS = "kerastune params --layers all --inputs 64 --units 128"
_EVERYTHING = (
    "kerastune params lenet small.keras --by group --flops --memory "
    f"--plans 'full,head_only,biases' --batch-size 8 {TABLES}"
)

# Sources: what a model can be counted from.
SOURCES = {
    "names": f"{_NAMES} {TABLES}",
    "names_120": f"COLUMNS=120 {_NAMES}",
    "published": (
        f"kerastune params bert_base bert_large gpt2 llama3_8b llama3_70b llama3_405b {TABLES}"
    ),
    "presets": (
        f"kerastune params {BERT} keras_hub:preset preset preset/config.json "
        "'keras_hub:BertBackbone(vocabulary_size=50, num_layers=2, num_heads=2, hidden_dim=8, "
        "intermediate_dim=16)'"
    ),
    "handles": (
        "kerastune params hf://owner/bert keras_hub:hf://owner/bert kaggle://owner/bert/keras/tiny"
    ),
    "hugging_face": "kerastune params hf_bert hf_bert/config.json",
    "recipes": (
        "kerastune params recipe:lenet recipe:image_multitask recipe:my_recipe.py:mine "
        '\'recipe:tabular_classification(data="people.csv", target="bought", widths=[8])\' '
        "run.yaml runs/finished runs/finished/config.yaml runs/unfinished"
    ),
    "applications": (
        "kerastune params applications:ResNet50 "
        "'applications:MobileNetV2(include_top=False, pooling=\"avg\")'"
    ),
    "applications_all": f"kerastune params applications:all {TABLES}",
    "keras_files": (
        "kerastune params small.keras small_folder small.json adapted.keras int8.keras mixed.keras"
    ),
    "weights_files": (
        "kerastune params small.weights.h5 parts.weights.json keras_2.h5 model.safetensors "
        "shards/model.safetensors.index.json"
    ),
    "weights_by_weight": "kerastune params model.safetensors keras_2.h5 --by weight",
    "code": """
        kerastune params mine.py:build kerastune.models:lenet
        kerastune params mine.py:waiting --input-shape 4
        kerastune params lambda.keras
        kerastune params lambda.keras --trust
        kerastune params own_layer.json
        kerastune params own_layer.json --recipe mine.py --trust
    """,
}

# Tables: what is told of a model.
TOLD = {
    "by_weight": f"kerastune params small.keras --by weight {TABLES}",
    "by_layer": "kerastune params adapted.keras int8.keras --by layer",
    "by_layer_120": "COLUMNS=120 kerastune params adapted.keras int8.keras --by layer",
    "by_group": f"kerastune params lenet small_resnet {BERT} --by group",
    "by_depth": f"""
        kerastune params {BERT} --by depth
        kerastune params applications:MobileNetV2 preset --by depth --depth 2
    """,
    "diff": f"kerastune params small.keras wider.keras --diff {TABLES}",
    "diff_120": "COLUMNS=120 kerastune params lenet mlp_784_128_10 --diff",
    "diff_by": """
        kerastune params small.keras adapted.keras --diff --by weight
        kerastune params small.keras int8.keras --diff --by depth --depth 1
        kerastune params small.keras small.weights.h5 --diff --by group
        kerastune params small.keras small_folder --diff
    """,
    "plans": f"{_PLANS} {TABLES}",
    "plans_120": f"COLUMNS=120 {_PLANS}",
    "plans_costs": f"""
        kerastune params {BERT}:16 --plans full,head_only --optimizer adafactor --batch-size 4
        kerastune params lenet --plans full,plan.yaml --precision mixed_bfloat16 --batch-size 32
        kerastune params small.keras wider.keras --plans full --optimizer sgd
    """,
    "flops": f"kerastune params lenet applications:MobileNetV2 {BERT}:16 --flops {TABLES}",
    "flops_120": f"COLUMNS=120 kerastune params lenet {BERT}:16 --flops --batch-size 8",
    "input_shapes": f"""
        kerastune params small.keras {BERT}:8 --flops
        kerastune params {BERT} --flops --input-shape 16
        kerastune params {BERT} --memory --input-shape token_ids=16 --input-shape \
segment_ids=16 --input-shape padding_mask=16
    """,
    "memory": f"kerastune params lenet {BERT}:16 small.keras --memory {TABLES}",
    "memory_120": "COLUMNS=120 kerastune params lenet --memory --batch-size 64",
    "memory_optimizers": "\n".join(
        f"kerastune params lenet --memory --optimizer {name}"
        for name in ("sgd", "momentum", "adam", "adafactor", "muon", "lion")
    ),
    "memory_precisions": "\n".join(
        f"kerastune params lenet --memory --batch-size 8 --precision {name}"
        for name in ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16")
    ),
    "fit": f"kerastune params lenet small.keras --fit 100MB --plans full {TABLES}",
    "fit_more": f"""
        kerastune params {BERT}:16 --fit 24MiB --plans 'full,lora(8)' --optimizer adamw,sgd
        kerastune params {BERT}:16 --fit 80 --precision float32
    """,
    "layers": f"{_LAYERS} {TABLES}",
    "layers_120": f"COLUMNS=120 {_LAYERS}",
    "layers_sizes": """
        kerastune params --layers dense,conv2d,grouped_conv2d,separable_conv2d --inputs 8 \
--units 16 --kernel-size 5 --groups 2 --image-sizes 8,32 --no-bias
        kerastune params --layers lstm,gru,attention,grouped_query_attention,transformer \
--inputs 32 --units 32 --heads 4 --key-value-heads 1 --sequence-lengths 8,32
    """,
    "everything": _EVERYTHING,
    "everything_120": f"COLUMNS=120 {_EVERYTHING}",
    "limit": """
        kerastune params lenet --max-trainable 225_034 --backend $KERAS_BACKEND
        kerastune params lenet small.keras --max-trainable 60
        kerastune params small.keras --plans full,head_only --max-trainable 15
        kerastune params small.weights.h5 --max-trainable 60
    """,
    "help": "kerastune params --help",
    "help_120": "COLUMNS=120 kerastune params --help",
}

# What is refused, with status 2.
REFUSED = {
    "bad_options": """
        kerastune params
        kerastune params lenet --layers dense
        kerastune params lenet --diff
        kerastune params lenet --units 3
        kerastune params lenet --depth 3
        kerastune params lenet --optimizer adam
        kerastune params lenet --input-shape 3
        kerastune params lenet --max-trainable many
        kerastune params lenet --by colour
        kerastune params lenet --colour
        kerastune params lenet --backend theano
        kerastune params lenet --memory --optimizer adm
        kerastune params lenet --memory --precision float8
    """,
    "bad_names": """
        kerastune params lenett
        kerastune params ''
        kerastune params bert_bas
        kerastune params applications:ResNet5
        kerastune params 'applications:ResNet50(layers=3)'
        kerastune params applications:ResNet50(
        kerastune params recipe:lennet
        kerastune params 'recipe:lenet(colour=1)'
        kerastune params keras_hub:bert_bse_en
        kerastune params 'keras_hub:BertBackbone(num_layers=1)'
        kerastune params hf://bert
        kerastune params hf://owner/unknown
        kerastune params ftp://owner/model
    """,
    "bad_files": """
        kerastune params no/such.keras
        kerastune params cut.keras
        kerastune params cut.weights.h5
        kerastune params cut.safetensors
        kerastune params shards/missing.safetensors.index.json
        kerastune params shards
        kerastune params weights.npz
        kerastune params weights.pt
        kerastune params notes.txt
        kerastune params saved_model
        kerastune params runs
        kerastune params other.json
        kerastune params broken.json
        kerastune params unknown
        kerastune params plan.yaml
    """,
    "bad_functions": """
        kerastune params mine.py
        kerastune params mine.py:biuld
        kerastune params mine.py:number
        kerastune params mine.py:fails
        kerastune params mine.py:waiting
        kerastune params os:getcwd
        kerastune params missing:build
        kerastune params lenet --recipe missing.py
    """,
    "bad_plans": """
        kerastune params lenet --plans hed_only
        kerastune params lenet --plans ''
        kerastune params lenet --plans 'last(2'
        kerastune params lenet --plans 'full)'
        kerastune params lenet --plans full,,norms
        kerastune params lenet --plans norms
        kerastune params lenet --plans 'lora(0)'
        kerastune params lenet --plans 'lora(2, "attention")'
        kerastune params lenet --plans missing.yaml
        kerastune params small.weights.h5 --plans full
    """,
    "bad_shapes": f"""
        kerastune params lenet --flops --input-shape 3,x
        kerastune params lenet:3,3 --flops
        kerastune params {BERT} --flops
        kerastune params {BERT} --memory --input-shape 8 --input-shape 9
        kerastune params {BERT} --flops --input-shape words=8
        kerastune params small.weights.h5 --flops
        kerastune params --layers dense
        kerastune params --layers dens --inputs 3 --units 3
        kerastune params --layers attention --inputs 10 --units 10
        kerastune params --layers dense --inputs 0 --units 3
    """,
    "bad_outputs": """
        kerastune params lenet --json out/t.txt
        kerastune params lenet --csv no/t.csv
        kerastune params lenet --html small.keras
        kerastune params lenet --markdown out
    """,
}

_LINEAR = "kerastune run linear_regression"

# Recipes: what they print, their pages and results, where training decides the numbers.
REPORTS = {
    "report_lenet": "kerastune run lenet --data photos --epochs 2 --batch_size 12 --run_dir out/a",
    "report_tabular": (
        "kerastune run tabular_classification --data people.csv --target bought --epochs 2 "
        "--validation_fraction 0.2 --run_dir out/a"
    ),
    "report_images": (
        "kerastune run image_classification --data photos --backbone small_resnet --image_size 8 "
        "--epochs 1 --batch_size 12 --run_dir out/a"
    ),
    "report_multitask": (
        "COLUMNS=120 kerastune run image_multitask --data photos.csv --image_size 8 --epochs 1 "
        "--plan layer_decay --run_dir out/a"
    ),
    "report_repeats": f"{_LINEAR} --epochs 3 --repeats 2 --run_dir out/a",
    "report_runs": f"""
        {_LINEAR} --epochs 3 --run_dir out/first
        {_LINEAR} --epochs 4 --run_dir out/second --learning_rate 0.1
        kerastune runs out
        kerastune runs out --compare first second --output out/curves.png
        COLUMNS=120 kerastune runs out --compare first second
        kerastune report out/first
        kerastune report out/none
    """,
}

CALLS = SOURCES | TOLD | REFUSED | REPORTS
