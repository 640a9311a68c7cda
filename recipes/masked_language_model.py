"""Pretrain a Transformer encoder on texts without labels, by guessing tokens that are hidden."""

from typing import Unpack

import kerastune as kt


@kt.recipe(epochs=1, learning_rate=1e-3, validation_fraction=0.05)
def masked_language_model(
    data: "str | kt.data.Source" = "docstring_prose",
    *,
    text_column: str = "text",
    unit: str | None = None,
    layers: int = 1,
    heads: int = 4,
    width: int = 128,
    normalize_first: bool = True,
    vocabulary_size: int = 2000,
    sequence_length: int = 64,
    masked_share: float = 0.15,
    maskings: int = 12,
    dropout: float = 0.1,
    **options: Unpack[kt.RunOptions],
) -> "kt.Job":
    """Pretrain a Transformer encoder on texts without labels, by guessing tokens that are hidden.

    As in BERT, 15 % of the tokens of a text are to be guessed from the others: of these 80 % are
    masked, 10 % become another token, and 10 % stay. `transformer_classification` goes on from the
    run with `--pretrained`. The test metrics stand beside those of the most frequent token, and of
    the token that most often stands between the same two neighbours.

    Measured on the docstring prose, PyTorch, seeds 0 to 2, two blocks, two epochs of 24 maskings:
    38.1 ± 0.4 % of the hidden tokens, counts of neighbours 35.8 ± 0.3 %. The classifier of the
    docstring sentences reaches 70.0 ± 0.5 % with it, and 62.2 ± 1.3 % without it on the same
    tokens; on words 70.0 ± 0.7 %. docs/results.md has the commands.

    Args:
        data: a `.txt` file, a folder of them, a table with a column of texts, or
            `docstring_prose`, the prose of the docstrings of NumPy and SciPy, in which the texts
            of a module stay together. From Python also a `Source`, a list of texts, a frame,
            records, or a data set of Hugging Face. Labels are left out.
        text_column: the column of a table that holds the text.
        unit: what is one text of a `.txt` file: `file`, `paragraph` or `line`. Defaults to the
            file in a folder, and else to the paragraph.
        layers: blocks of attention.
        heads: attention heads of a block, which divide the width.
        width: numbers of a token's embedding.
        normalize_first: whether layer normalization comes before attention and feed-forward
            network, or after each, as in BERT.
        vocabulary_size: the tokens of a vocabulary of byte pairs, which is made of the training
            texts; few texts fill a part of it.
        sequence_length: the tokens of a row. Longer texts are cut into pieces, which is noted.
        masked_share: the share of the tokens that is to be guessed.
        maskings: how often a training row comes in an epoch, each time with other tokens to
            guess, the same in each epoch. At as many steps in all, more of these and fewer epochs
            generalise better.
        dropout: dropout rate of embeddings and within blocks.

    Returns:
        A `Result`, whose `predict` takes a list of texts, hides tokens of them by chance, and
        gives the texts with what it guesses in their place.
    """
    splits = kt.data.open_text_splits(data, options, text_column=text_column, unit=unit)
    preprocessor = kt.preprocessing.MaskedLanguagePreprocessor(
        vocabulary_size,
        sequence_length=sequence_length,
        masked_share=masked_share,
        maskings=maskings,
        seed=options["seed"],
    ).fit(splits.training)
    head = kt.heads.MaskedToken()
    encoder = kt.models.transformer_encoder(
        preprocessor.tokenizer.size,
        sequence_length,
        layers=layers,
        heads=heads,
        width=width,
        normalize_first=normalize_first,
        dropout=dropout,
    )
    kt.models.start_by_width(encoder)
    model = kt.models.MaskedLanguageModel(encoder, name="masked_language_model")
    return kt.Job(
        model=kt.heads.attach(model, head, pooling="sequence"),
        head=head,
        splits=preprocessor.masked(splits),
        preprocessor=preprocessor,
        baselines=(kt.baselines.hidden_tokens(preprocessor.hidden, preprocessor.tokenizer.size),),
    )
