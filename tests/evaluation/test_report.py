"""The report: complete, escaped, and in need of nothing beside it."""

import base64
import io
import re
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from kerastune.display import Column, Table
from kerastune.evaluation import (
    Evaluation,
    Metric,
    confusion_picture,
    evaluate_classes,
    evaluate_quantities,
    html_report,
    save_picture,
)

pytestmark = pytest.mark.any_backend

HOSTILE = "</td><script>alert('1')</script><img src=\"https://evil.example/x.png\" onerror=x> & {0}"
EMPTY = {
    "title": "Topics",
    "summary": "It works.",
    "evaluation": Evaluation([]),
    "baselines": {},
    "configuration": {},
    "environment": {},
}


class Elements(HTMLParser):
    """Collects a page's elements, their attributes and the text in table cells."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.cells, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def report(**arguments):
    return html_report(**(EMPTY | arguments))


def hostile_report():
    """A page every text of which would like to be markup."""
    found = evaluate_classes([0, 1], [[0.9, 0.1], [0.8, 0.2]], (HOSTILE, "other"))
    return report(
        title=HOSTILE,
        summary=HOSTILE,
        evaluation=Evaluation(
            [*found.metrics, Metric(f"{HOSTILE} loss", 0.5, higher_is_better=False)],
            {**found.tables, f"{HOSTILE}_per_class": found["per_class"], HOSTILE: [{"a": 1}]},
        ),
        baselines={HOSTILE: Evaluation([Metric("accuracy", 0.5)])},
        examples={HOSTILE: [{HOSTILE: HOSTILE, "predicted": HOSTILE, "true": "other"}]},
        verdict=[HOSTILE],
        plan=Table("Plan", (Column(HOSTILE, "text", details=HOSTILE),), ((HOSTILE,),), (HOSTILE,)),
        history={
            "epochs": [{"stage": HOSTILE, "epoch": 1}],
            "stages": [{"stage": HOSTILE, "started": HOSTILE}],
        },
        pictures={HOSTILE: b"\x89PNG"},
        configuration={HOSTILE: {HOSTILE: [HOSTILE]}},
        environment={"platform": HOSTILE},
        notes=[HOSTILE],
        samples={HOSTILE: {"fingerprint": HOSTILE}},
    )


def test_hostile_text_stays_text():
    elements = Elements(hostile_report())
    assert elements.open == []
    assert elements.tags.count("script") == 1  # The page's own.
    assert not [name for _, name, _ in elements.attributes if name.startswith("on")]
    assert HOSTILE in elements.cells
    assert f"✗ {HOSTILE}" in elements.cells


def test_nothing_is_fetched():
    page = hostile_report()
    for tag, name, value in Elements(page).attributes:
        if name in ("src", "href", "srcset", "action", "data"):
            assert value.startswith("data:image/png;base64,"), (tag, name, value)
    assert not re.search(r"url\(|@import", page)
    assert "script-src 'sha256-" in page
    assert "link" not in Elements(page).tags
    assert "default-src 'none'" in page


def test_pictures_are_inside(tmp_path):
    save_picture(confusion_picture([[5, 1], [0, 4]], ("no", "yes")), tmp_path / "confusion.png")
    png = (tmp_path / "confusion.png").read_bytes()
    page = report(pictures={"Confusion": png})
    found = re.search(
        r'style="min-width: (\d+)px" class="drawn" alt="Confusion" width="(\d+)" '
        r'src="data:image/png;base64,([^"]+)"',
        page,
    )
    assert base64.b64decode(found[3]) == png
    assert int(found[1]) == int(0.7 * int(found[2]))
    # Drawn for 4.8 inches at most, less the margins that are cut.
    assert 300 < int(found[2]) <= 480


def test_metrics_stand_beside_the_baselines_and_the_best_is_marked():
    page = report(
        evaluation=Evaluation(
            [
                Metric("accuracy", 0.83125),
                Metric("log_loss", 0.9, higher_is_better=False),
                Metric("coverage", 0.95, higher_is_better=None),
            ],
            details={"confusion": [[1]], "note": "text"},
        ),
        baselines={
            "majority class": Evaluation(
                [Metric("log_loss", 2.3, higher_is_better=False), Metric("accuracy", 0.1)]
            ),
            "TF-IDF": Evaluation(
                [Metric("accuracy", 0.8), Metric("log_loss", 0.7, higher_is_better=False)]
            ),
            "other": Evaluation([Metric("accuracy", float("nan")), Metric("coverage", 0.5)]),
        },
    )
    cells = Elements(page).cells
    assert cells[:5] == ["metric", "this model", "majority class", "TF-IDF", "other"]
    assert cells[5:10] == ["accuracy ↑", "* 0.8313", "0.1000", "0.8000", "nan"]
    assert cells[10:15] == ["log loss ↓", "0.9000", "2.3000", "* 0.7000", "–"]
    assert cells[15:20] == ["coverage", "0.9500", "–", "–", "0.5000"]
    assert len(cells) == 20
    best = re.findall(r'class="number best" data-value="([^"]+)"', page)
    assert best == ["0.83125", "0.7"]
    assert "↑ higher is better, ↓ lower is better; * is the best." in page


def test_alone_no_metric_is_called_the_best():
    page = report(evaluation=Evaluation([Metric("accuracy", 0.8)]))
    assert "0.8000" in page
    assert "number best" not in page
    assert "the best" not in page


def test_each_class_has_a_row():
    page = report(evaluation=evaluate_classes([0, 1, 1], np.eye(2)[[0, 1, 0]], ("no", "yes")))
    cells = Elements(page).cells
    assert cells[-5:] == ["yes", "1.0000", "0.5000", "0.6667", "2"]
    assert "--part: max(66.6667%, 2px)" in page


def test_each_output_has_a_row():
    found = evaluate_quantities([[0.0, 10.0], [2.0, 30.0]], [[1.0, 12.0], [3.0, 32.0]])
    cells = Elements(report(evaluation=found)).cells
    assert cells[-4:] == ["output 2", "2.0000", "2.0000", "0.9600"]


def test_tables_are_named_after_what_their_rows_are_of():
    rows = {"0": {"f1": 0.5}}
    tables = {"digit_per_class": rows, "per_output": [{"r2": 0.5}], "thresholds": rows}
    page = report(evaluation=Evaluation([], tables))
    headings = ["Each class (digit)", "Each output", "Thresholds"]
    assert re.findall("<h2>(.+?)</h2>", page) == headings
    cells = Elements(page).cells
    assert cells[:4] == ["class", "F1", "0", "0.5000"]
    assert cells[4:8] == ["output", "R²", "output 1", "0.5000"]
    assert cells[8:] == ["thresholds", "F1", "0", "0.5000"]


def test_empty_sections_are_left_out():
    assert "<h2>" not in report()
    assert re.findall("<h2>(.+?)</h2>", hostile_report()) == [
        "Results on the test data",
        "Predictions",
        "Pictures",
        "Each class",
        f"Each class ({escape(HOSTILE)})",
        escape(HOSTILE.capitalize()),
        "Plan",
        "Stages",
        "Epochs",
        "Data",
        "Configuration",
        "Environment",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (True, "yes"),
        (False, "no"),
        (22_700_000, "22,700,000"),
        (5e-5, "5e-05"),
        (0.25, "0.25"),
        (float("inf"), "inf"),
        (np.float32(0.5), "0.5"),
        (["CPU:0", "CPU:1"], "CPU:0, CPU:1"),
        ({"keras": "3.15", "seed": 0}, "keras 3.15, seed 0"),
        ([], "–"),
        ("x" * 500, "x" * 200 + "…" + "x" * 200),
    ],
)
def test_values_are_written_for_people(value, shown):
    cells = Elements(report(configuration={"batch_size": value})).cells
    assert cells == ["name", "value", "batch size", shown]


def test_rows_may_have_different_keys():
    rows = [{"class": "cat", "rate": 0.5}, {"note": "rare"}]
    cells = Elements(report(examples={"Some": rows})).cells
    assert cells == ["class", "rate", "note", "cat", "0.5", "–", "–", "–", "rare"]


def test_a_small_learning_rate_is_not_rounded_away():
    epochs = [{"stage": "train", "loss": 0.5, "learning_rate": 2e-5}]
    assert Elements(report(history={"epochs": epochs})).cells[3:] == ["train", "0.5000", "2.00e-05"]


def test_only_a_wrong_class_is_marked():
    examples = [
        {"predicted": "yes", "true": "yes"},
        {"predicted": "no", "true": "yes"},
        {"predicted": 1.5, "true": 1.0},
    ]
    page = report(examples={"Some": examples})
    assert re.findall(r"✗ (\w+)", page) == ["no"]


def test_a_small_image_in_a_table_is_enlarged_by_whole_numbers():
    buffer = io.BytesIO()
    Image.new("L", (28, 20)).save(buffer, "png")
    page = report(examples={"Mistakes": [{"image": buffer.getvalue(), "predicted": "no"}]})
    assert '<img class="thumbnail" alt="image" width="56" height="40" src="data:image/png' in page
    assert "<h3>Mistakes</h3>" in page


def test_the_plan_has_a_column_a_stage_and_stages_have_times():
    page = report(
        plan=Table(
            "Plan: p",
            (
                Column("layer group", "text"),
                Column("parameters"),
                Column("probe", "lines", details="2 epochs", align="right"),
            ),
            (("head", 1234, "0.1\nof 12"),),
            ("Rates are the highest.",),
        ),
        history={
            "stages": [
                {
                    "stage": "probe",
                    "steps": 9,
                    "started": "2026-03-01T10:20:30-05:00",
                    "seconds": 61.25,
                    "samples_per_second": 1234.0,
                }
            ]
        },
        samples={"test": {"samples": 9, "fingerprint": "06157e37dd414c40"}},
    )
    cells = Elements(page).cells
    assert cells[:6] == [
        "layer group",
        "parameters",
        "probe\n2 epochs",
        "head",
        "1,234",
        "0.1\nof 12",
    ]
    assert "<li>Rates are the highest.</li>" in page
    assert cells[6:11] == ["stage", "steps", "started", "seconds", "samples a second"]
    assert cells[11:16] == ["probe", "9", "2026-03-01 10:20:30", "61.25", "1234"]
    assert cells[16:] == ["part", "samples", "fingerprint", "test", "9", "06157e37dd414c40"]
