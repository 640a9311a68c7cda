"""The rate finder: what it finds, and that it leaves everything as it was."""

import random

import grain
import keras
import numpy as np
import pytest

from kerastune.data import Column, Source, training_batches
from kerastune.errors import InputError
from kerastune.training import fine_tune
from kerastune.tuning import Plan, Stage
from kerastune.tuning.finder.finding import find_learning_rate
from kerastune.tuning.finder.sweep import RateSweep

pytestmark = pytest.mark.first_backend

generator = np.random.default_rng(0)
X = generator.normal(size=(44, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True) + 0.1 * generator.normal(size=(44, 1)).astype("float32")


class Shuffled(keras.utils.PyDataset):
    """Batches in an order of its own, with noise, as people write it."""

    def __init__(self):
        super().__init__()
        self.noise = 0.01
        self.read = 0
        self.fail_at = -1
        self.on_epoch_end()

    def __len__(self):
        return 6

    def __getitem__(self, index):
        self.read += 1
        if self.read == self.fail_at:
            raise RuntimeError("the disk is gone")
        chosen = self.order[index * 8 : (index + 1) * 8]
        noise = self.noise * np.random.normal(size=(len(chosen), 4)) + random.random()
        return X[chosen] + noise, Y[chosen]

    def on_epoch_end(self):
        self.order = np.arange(len(X))
        np.random.shuffle(self.order)


def grain_batches():
    positions = grain.MapDataset.range(len(X)).seed(3).shuffle().batch(8)
    return positions.map(lambda batch: (X[batch], Y[batch])).to_iter_dataset()


def loader():
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)),
        batch_size=8,
        shuffle=True,
        generator=torch.Generator().manual_seed(5),
    )


def tensorflow_data():
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((X, Y))
    return data.shuffle(44, seed=1, reshuffle_each_iteration=False).batch(8)


KINDS = {
    "arrays": lambda: (X, Y),
    "py_dataset": Shuffled,
    "grain": grain_batches,
    "loader": loader,
    "tf.data": tensorflow_data,
}
ON_ALL_BACKENDS = [
    "arrays",
    "grain",
    *(
        pytest.param(kind, marks=pytest.mark.any_backend)
        for kind in KINDS
        if kind not in ("arrays", "grain")
    ),
]


def make_model(*, use_ema=False):
    """A model with all that draws and counts: dropout, statistics, metrics, a schedule."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3, trainable=False),
            keras.layers.Dense(1),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(0.01, 50)
    metrics = ["mae", keras.metrics.RootMeanSquaredError()]
    model.compile(keras.optimizers.Adam(rate, use_ema=use_ema), "mse", metrics=metrics)
    return model


def fit(model, data):
    if isinstance(data, tuple):
        return model.fit(*data, batch_size=8, epochs=2, verbose=0).history
    shuffle = isinstance(data, Shuffled)
    return model.fit(data, epochs=2, verbose=0, shuffle=shuffle).history


def values(model):
    """All that a model holds: variables, slots, metrics."""
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def search(model, data, **options):
    # Batches of eight with dropout may differ several times over without diverging.
    options = {"steps": 20, "batch_size": 8, "divergence": 100.0, **options}
    return find_learning_rate(model, data, **options)


@pytest.mark.parametrize("kind", ON_ALL_BACKENDS)
# Keras says so at the end of the first epoch on data of Grain.
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_training_after_a_search_is_what_it_would_have_been(kind):
    runs = []
    for searches in (False, True):
        model, data = make_model(), KINDS[kind]()
        run = []
        for _ in range(2):  # A model that is new, and one that has trained.
            if searches:
                search(model, data)
            history = fit(model, data)
            run.append((history, random.random(), np.random.random(), values(model)))
        runs.append(run)
    for found, expected in zip(*runs, strict=True):
        assert found[:-1] == expected[:-1]
        assert_same(found[-1], expected[-1])


@pytest.mark.parametrize("fitted", [False, True], ids=["new", "fitted"])
def test_a_model_holds_what_it_held(fitted):
    # On JAX, averaged weights lie in the same memory as their averages after `fit`.
    model = make_model(use_ema=True)
    if fitted:
        fit(model, (X, Y))
    model.stop_training = True
    held, attributes = values(model), dict(vars(model))
    flags = [(layer.built, layer.trainable) for layer in model.layers]
    optimizer = model.optimizer.built, model.optimizer.get_config()
    found = search(model, (X, Y))
    assert np.ptp(found.losses) > 0
    assert_same(values(model), held)
    assert vars(model) == attributes
    assert [(layer.built, layer.trainable) for layer in model.layers] == flags
    assert (model.optimizer.built, model.optimizer.get_config()) == optimizer


def test_an_iterator_of_grain_is_where_it_was():
    iterator = iter(grain_batches())
    next(iterator)
    position = iterator.get_state()
    found = search(make_model(), iterator)  # Needs more batches than are left.
    assert len(found.losses) > 6
    assert iterator.get_state() == position


class TestWhenASearchFails:
    @pytest.mark.parametrize("read", [1, 9])
    def test_by_its_data(self, read):
        ends = []
        for searches in (False, True):
            model, data = make_model(), Shuffled()
            if searches:
                held = values(model)
                data.fail_at = read
                with pytest.raises(Exception, match="the disk is gone"):
                    search(model, data)
                assert_same(values(model), held)
                data.fail_at = -1
            ends.append((fit(model, data), values(model)))
        assert ends[1][0] == ends[0][0]
        assert_same(ends[1][1], ends[0][1])

    def test_by_an_interruption(self, monkeypatch):
        def interrupt(callback, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

        ends = []
        for searches in (False, True):
            model, data = make_model(), Shuffled()
            if searches:
                state = random.getstate(), np.random.get_state()[1].tolist()
                monkeypatch.setattr(keras.callbacks.History, "on_train_batch_end", interrupt)
                with pytest.raises(KeyboardInterrupt):
                    search(model, data)
                monkeypatch.undo()
                assert (random.getstate(), np.random.get_state()[1].tolist()) == state
            ends.append((fit(model, data), values(model)))
        assert ends[1][0] == ends[0][0]
        assert_same(ends[1][1], ends[0][1])

    def test_by_a_loss_that_is_not_finite_at_once(self):
        model = make_model()
        held = values(model)
        with pytest.raises(InputError, match=r"finite loss at the first rate, 1e-07.*: nan"):
            search(model, (X * np.nan, Y))
        assert_same(values(model), held)


class TestWhatIsFound:
    @staticmethod
    def line(optimizer):
        """One weight, whose loss is known by hand."""
        keras.utils.set_random_seed(1)
        model = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
        )
        model.compile(optimizer, "mse")
        return model

    def expected(self, rates, slope=3.0):
        """Gradient descent on (weight - slope)², all inputs being one."""
        weight, losses = 0.0, []
        for rate in rates:
            losses.append((weight - slope) ** 2)
            weight -= rate * 2 * (weight - slope)
        return losses

    @pytest.mark.each_backend
    def test_losses_are_those_of_each_step_at_its_rate(self):
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        found = find_learning_rate(
            self.line("sgd"), data, start=1e-3, end=0.5, steps=12, batch_size=4
        )
        rates = np.geomspace(1e-3, 0.5, 12)
        np.testing.assert_allclose(found.learning_rates, rates)
        np.testing.assert_allclose(found.losses, self.expected(rates), rtol=1e-4, atol=1e-5)

    def test_smoothing_is_an_exponential_mean_without_bias(self):
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        found = find_learning_rate(
            self.line("sgd"), data, start=1e-3, end=0.5, steps=12, smoothing=0.9
        )
        for step, smoothed in enumerate(found.smoothed_losses):
            weights = 0.9 ** np.arange(step, -1, -1)
            mean = np.average(found.losses[: step + 1], weights=weights)
            assert smoothed == pytest.approx(mean)

    def test_weights_of_samples_weigh(self):
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        plain, weighted = (
            find_learning_rate(self.line("sgd"), given, start=1e-3, end=0.1, steps=12)
            for given in (data, (*data, np.full(8, 0.5)))
        )
        assert weighted.losses[0] == pytest.approx(plain.losses[0] / 2)

    def test_a_step_takes_as_many_batches_as_the_optimizer_accumulates(self):
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
        found = find_learning_rate(
            self.line(optimizer), data, start=1e-3, end=0.5, steps=12, batch_size=4
        )
        expected = self.expected(np.geomspace(1e-3, 0.5, 12))
        np.testing.assert_allclose(found.losses, expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("execution", [1, 3])
    def test_it_ends_where_the_loss_diverges(self, execution):
        model = self.line("sgd")
        if keras.config.backend() != "torch":  # Where Keras has no such steps.
            model.compile("sgd", "mse", steps_per_execution=execution)
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        found = find_learning_rate(model, data, start=1e-3, end=1e3, steps=60, smoothing=0)
        assert len(found.losses) < 60
        assert found.losses[-1] > 4 * min(found.losses)
        assert all(
            loss <= 4 * min(found.losses[: step + 1]) for step, loss in enumerate(found.losses[:-1])
        )

    def test_losses_below_zero_do_not_look_like_diverging(self):
        model = self.line("sgd")
        model.compile("sgd", lambda y_true, y_pred: keras.ops.mean((y_true - y_pred) ** 2) - 100)
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        found = find_learning_rate(model, data, start=1e-3, end=0.5, steps=12)
        assert len(found.losses) == 12
        assert max(found.losses) < 0

    def test_suggestions_leave_out_the_first_tenth_and_the_last_five(self):
        found = search(make_model(), (X, Y), steps=40, end=0.1)
        assert len(found.losses) == 40
        for name in ("valley", "steep", "slide"):
            assert found.learning_rates[4] <= found.suggestions[name] <= found.learning_rates[34]
        assert found.suggestion == found.suggestions["valley"]

    def test_the_optimizer_searches_with_its_settings_and_without_its_schedule(self):
        data = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")
        losses = [
            find_learning_rate(self.line(optimizer), data, start=1e-3, end=0.5, steps=12).losses
            for optimizer in (
                keras.optimizers.SGD(0.3, momentum=0.9),
                keras.optimizers.SGD(
                    keras.optimizers.schedules.ExponentialDecay(9.0, 1, 0.1), momentum=0.9
                ),
                keras.optimizers.SGD(0.3),
            )
        ]
        assert losses[0] == losses[1]
        assert losses[0] != losses[2]

    def test_it_is_plain_data(self):
        import json

        found = search(make_model(), (X, Y))
        read = json.loads(json.dumps(found.to_dict()))
        assert read["learning_rates"] == list(found.learning_rates)
        assert read["smoothed_losses"] == list(found.smoothed_losses)
        assert read["suggestions"] == found.suggestions
        assert len(repr(found)) < 600


def by_hand(weights, rates, seed, batch_size=8):
    """What Adam finds at these rates, with gradients by hand in double precision."""
    w1, b1, w2, b2 = (np.array(weight, float) for weight in weights)
    sweep = RateSweep(list(rates), smoothing=0.98, divergence=4.0)
    order = training_batches(
        Source({"at": np.arange(len(X))}, {"at": Column("number")}),
        batch_size=batch_size,
        seed=seed,
    )
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in (w1, b1, w2, b2)]
    for step, (rate, batch) in enumerate(zip(rates, order, strict=False), start=1):
        x, y = X[batch["at"]].astype(float), Y[batch["at"]].astype(float)
        hidden = np.tanh(x @ w1 + b1)
        error = hidden @ w2 + b2 - y
        if sweep.add(float((error**2).mean())):
            break
        out = 2 * error / len(x)
        inner = out @ w2.T * (1 - hidden**2)
        gradients = (x.T @ inner, inner.sum(0), hidden.T @ out, out.sum(0))
        for weight, gradient, (first, second) in zip(
            (w1, b1, w2, b2), gradients, moments, strict=True
        ):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            scale = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weight -= rate * scale * first / (np.sqrt(second) + 1e-7)
    return sweep.losses, sweep.result().suggestions


class TestSeeds:
    @staticmethod
    def weighed():
        """The same weights on every backend."""
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(1)]
        )
        draws = np.random.default_rng(5)
        model.set_weights([draws.normal(size=weight.shape) for weight in model.weights])
        model.compile("adam", "mse")
        return model

    @pytest.mark.parametrize(
        ("batch_size", "seed"),
        [pytest.param(8, 3, marks=pytest.mark.each_backend), (44, 0)],
    )
    def test_the_same_on_every_backend(self, batch_size, seed):
        """Also where all batches are alike, and rounding decides which loss is lower."""
        weights = self.weighed().get_weights()
        options = {"steps": 50, "batch_size": batch_size, "seed": seed}
        found = find_learning_rate(self.weighed(), (X, Y), **options)
        rates = np.geomspace(1e-7, 10, 50)
        losses, suggestions = by_hand(weights, rates, seed, batch_size)
        np.testing.assert_allclose(found.losses[:35], losses[:35], rtol=1e-3)
        assert found.suggestions == pytest.approx(suggestions, rel=1e-6)

    def test_a_seed_decides_the_order(self):
        losses = [search(self.weighed(), (X, Y), seed=seed).losses for seed in (0, 0, 1)]
        assert losses[0] == losses[1]
        assert losses[0] != losses[2]

    def test_a_seed_decides_whatever_was_drawn_before(self):
        found = []
        for draws in (1, 2):
            keras.utils.set_random_seed(draws)
            data = Shuffled()
            data.order = np.arange(len(X))
            found.append(search(self.weighed(), data, seed=7).losses)
        assert found[0] == found[1]

    def test_arrays_come_in_the_order_of_fine_tune(self, capsys):
        plan = Plan("p", [Stage("s", 4, 1e-12, optimizer="momentum", weight_decay=0.0)])
        trained = fine_tune(self.weighed(), (X, Y), plan=plan, batch_size=8, seed=4).step_loss
        found = search(self.weighed(), (X, Y), start=1e-13, end=1e-12, seed=4).losses
        np.testing.assert_allclose(found, trained[:20], rtol=1e-4)


class TestModels:
    def test_mixed_precision_with_a_scaled_loss(self):
        keras.config.set_dtype_policy("mixed_float16")
        model = make_model()
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        optimizer, held = model.optimizer, values(model)
        search(model, (X, Y), end=1e-2)
        assert model.optimizer is optimizer
        assert_same(values(model), held)

    def test_several_inputs_and_outputs_by_name(self):
        inputs = {name: keras.Input((4,), name=name) for name in ("a", "b")}
        both = keras.layers.concatenate(list(inputs.values()))
        outputs = {name: keras.layers.Dense(1, name=name)(both) for name in ("p", "q")}
        model = keras.Model(inputs, outputs)
        model.compile("sgd", {"p": "mse", "q": "mae"}, loss_weights={"p": 1.0, "q": 2.0})
        model.fit({"a": X, "b": X}, {"p": Y, "q": Y}, verbose=0)
        held, attributes = values(model), dict(vars(model))
        search(model, ({"a": X, "b": X}, {"p": Y, "q": Y}))
        assert_same(values(model), held)
        assert vars(model) == attributes

    def test_a_train_step_without_a_loss_in_its_logs(self):
        class Silent(keras.Sequential):
            def train_step(self, *arguments):
                result = super().train_step(*arguments)
                if isinstance(result, tuple):
                    logs, state = result
                    return {"energy": logs["loss"]}, state
                return {"energy": result["loss"]}

        model = Silent([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        with pytest.raises(InputError, match=r"reports the loss.*\['energy'\]"):
            search(model, (X, Y))

    def test_not_compiled(self):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        with pytest.raises(InputError, match=r"Expected a compiled model.*model\.compile"):
            search(model, (X, Y))

    def test_not_built(self):
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        with pytest.raises(InputError, match="Expected a built model"):
            search(model, (X, Y))

    def test_all_frozen(self):
        model = make_model()
        model.trainable = False
        with pytest.raises(InputError, match="something to train"):
            search(model, (X, Y))

    def test_several_rates(self):
        model = make_model()
        rates = keras.optimizers.OptimizerMap(keras.optimizers.SGD(), {})
        model.compile(keras.optimizers.MultiOptimizer(rates), "mse")
        with pytest.raises(InputError, match="one learning rate. Received: MultiOptimizer"):
            search(model, (X, Y))


class TestData:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: ((X, Y) for _ in range(50)),
            lambda: iter([(X, Y)] * 50),
            lambda: iter(tensorflow_data()),
        ],
        ids=["generator", "list iterator", "tf.data iterator"],
    )
    def test_what_cannot_be_read_twice_is_refused(self, make):
        with pytest.raises(InputError, match=r"read twice.*Received: a \w+.*Give the data set"):
            search(make_model(), make())

    def test_data_without_targets_are_refused(self):
        class Inputs(Shuffled):
            def __getitem__(self, index):
                return super().__getitem__(index)[:1]

        tf = pytest.importorskip("tensorflow")
        without = [
            X,
            (X,),
            (X, None),
            Inputs(),
            grain_batches().map(lambda batch: batch[0]),
            tf.data.Dataset.from_tensor_slices(X).batch(8),
        ]
        for data in without:
            with pytest.raises(InputError, match="Expected inputs and targets"):
                search(make_model(), data)

    def test_no_data_are_refused(self):
        class Empty(Shuffled):
            def __len__(self):
                return 0

        ended = iter(grain_batches())
        list(ended)
        tf = pytest.importorskip("tensorflow")
        for data in [
            (X[:0], Y[:0]),
            Empty(),
            grain.MapDataset.range(0).map(lambda _: (X, Y)).to_iter_dataset(),
            ended,
            tf.data.Dataset.from_tensor_slices((X, Y)).take(0).batch(8),
        ]:
            with pytest.raises(InputError, match="Expected data to train on"):
                search(make_model(), data)

    def test_short_data_of_unknown_length_are_repeated(self):
        tf = pytest.importorskip("tensorflow")
        unknown = tf.data.Dataset.from_tensor_slices((X, Y)).filter(lambda x, y: True).batch(8)
        for data in (grain_batches(), unknown):
            assert len(search(make_model(), data, end=1e-2).losses) == 20

    def test_endless_data_are_read_as_far_as_needed(self):
        class Endless(Shuffled):
            num_batches = None

            def __getitem__(self, index):
                assert index < 60
                return X[:8], Y[:8]

        assert len(search(make_model(), Endless(), end=1e-2).losses) == 20
        positions = grain.MapDataset.range(len(X)).batch(8).repeat()
        batches = positions.map(lambda batch: (X[batch], Y[batch])).to_iter_dataset()
        assert len(search(make_model(), batches, end=1e-2).losses) == 20

    def test_a_data_set_that_counts_its_passes_is_told_of(self):
        tf = pytest.importorskip("tensorflow")
        data = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(44, seed=1).batch(8)
        with pytest.warns(UserWarning, match="reshuffle_each_iteration=False") as warned:
            search(make_model(), data)
        assert warned[0].filename == __file__


@pytest.mark.parametrize(
    "options",
    [
        {"start": 1.0, "end": 1.0},
        {"start": 1.0, "end": 0.1},
        {"start": 0.0},
        {"end": float("inf")},
        {"end": float("nan")},
        {"steps": 9},
        {"batch_size": 0},
        {"smoothing": 1.0},
        {"smoothing": -0.1},
        {"divergence": 1.0},
        {"divergence": float("nan")},
        {"seed": -1},
        {"seed": 0.5},
    ],
)
@pytest.mark.any_backend
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="Expected .* Received: "):
        search(make_model(), (X, Y), **options)


def test_diverging_before_there_is_a_curve_is_refused():
    with pytest.raises(InputError, match=r"diverge at once.*Start lower than 1e\+06"):
        search(make_model(), (X, Y), start=1e6, end=1e9)
