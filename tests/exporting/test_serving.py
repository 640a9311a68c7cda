"""The server of the guide answers from an export, without this package."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, save

import kerastune

pytestmark = pytest.mark.any_backend

FILE = Path(kerastune.__file__).parents[1] / "docs" / "serve_onnx.py"


@pytest.fixture
def server():
    """The module of the server, which is in no package."""
    specification = importlib.util.spec_from_file_location("serve_onnx", FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def export(folder, classes):
    """An export whose logits are the inputs."""
    width = 1 if classes == 2 else classes
    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
        for name in ("inputs", "outputs")
    ]
    node = helper.make_node("Identity", ["inputs"], ["outputs"])
    graph = helper.make_graph([node], "same", tensors[:1], tensors[1:])
    versions = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=versions, ir_version=9), folder / "model.onnx")
    signature = {
        "inputs": {"inputs": {"dtype": "float32", "shape": [None, width]}},
        "decoding": {"class_names": ["a", "b", "c"][:classes]},
    }
    (folder / "signature.json").write_text(json.dumps(signature))
    return folder


def test_classes_and_their_probabilities(server, tmp_path):
    answers = server.Classifier(export(tmp_path, 3)).predict({"inputs": [[0, 2, 0], [3, 0, 0]]})
    assert [one["class"] for one in answers] == ["b", "a"]
    assert answers[0]["probability"] == pytest.approx(np.exp(2) / (np.exp(2) + 2))


def test_two_classes_have_one_logit(server, tmp_path):
    answers = server.Classifier(export(tmp_path, 2)).predict({"inputs": [[-1.0], [2.0]]})
    assert [one["class"] for one in answers] == ["a", "b"]
    assert answers[1]["probability"] == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("inputs", [{}, {"inputs": [[1.0]]}, {"inputs": []}, {"inputs": [["x"]]}])
def test_what_cannot_be_used_is_a_value_error(server, tmp_path, inputs):
    with pytest.raises(ValueError):
        server.Classifier(export(tmp_path, 3)).predict(inputs)


@pytest.mark.slow
def test_the_application(server, tmp_path, monkeypatch):
    pytest.importorskip("fastapi")
    from fastapi.testclient import TestClient

    monkeypatch.setenv("EXPORT", str(export(tmp_path, 3)))
    client = TestClient(server.create_app())
    found = client.post("/predict", json={"inputs": [[0, 0, 5]]})
    assert found.status_code == 200
    assert found.json()[0]["class"] == "c"
    assert client.get("/signature").json()["decoding"]["class_names"] == ["a", "b", "c"]
    wrong = client.post("/predict", json={"inputs": [[0]]})
    assert wrong.status_code == 422
    assert "Expected inputs of shape [None, 3]" in wrong.json()["detail"]
