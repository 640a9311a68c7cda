"""Noising and the way back, against the closed forms of diffusion."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.models import ImageSampling, Noising, cosine_schedule, posterior, u_net

GENERATOR = np.random.default_rng(0)
STEPS = 50


class TestSchedule:
    pytestmark = pytest.mark.any_backend

    def test_it_is_the_squared_cosine(self):
        """Equation 17 of Nichol and Dhariwal, as far as no step is limited."""
        times = (np.arange(1, 1000) / 1000 + 0.008) / 1.008
        expected = np.cos(times * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
        np.testing.assert_allclose(cosine_schedule(1000)[:999], expected, rtol=1e-9)

    def test_no_step_adds_more_noise_than_a_limit(self):
        shares = np.concatenate([[1.0], cosine_schedule(1000)])
        assert (np.diff(shares) < 0).all()
        np.testing.assert_allclose(shares[-1] / shares[-2], 0.001, rtol=1e-9)

    @pytest.mark.parametrize("steps", [1, 0])
    def test_too_few_steps(self, steps):
        with pytest.raises(InputError, match=f"Received: {steps}"):
            cosine_schedule(steps)


class TestPosterior:
    pytestmark = pytest.mark.any_backend

    @pytest.mark.parametrize(("later", "earlier"), [(30, 29), (49, 10), (20, 0)])
    def test_it_is_bayes_rule(self, later, earlier):
        """The product of two normal densities: q(later | earlier) and q(earlier | clean)."""
        share, before = (cosine_schedule(STEPS)[at] for at in (later, earlier))
        noisy, clean = GENERATOR.normal(size=(2, 5))
        kept = share / before
        precision = kept / (1 - kept) + 1 / (1 - before)
        weighted = np.sqrt(kept) * noisy / (1 - kept) + np.sqrt(before) * clean / (1 - before)
        mean, variance = posterior(noisy, clean, share, before)
        np.testing.assert_allclose(mean, weighted / precision, rtol=1e-9)
        np.testing.assert_allclose(variance, 1 / precision, rtol=1e-9)

    def test_neighbours_are_as_in_ddpm(self):
        """Equation 7 of Ho et al., in its own letters."""
        alphas_bar = cosine_schedule(STEPS)
        t = 17
        beta = 1 - alphas_bar[t] / alphas_bar[t - 1]
        x_t, x_0 = GENERATOR.normal(size=(2, 4))
        expected = (
            np.sqrt(alphas_bar[t - 1]) * beta / (1 - alphas_bar[t]) * x_0
            + np.sqrt(1 - beta) * (1 - alphas_bar[t - 1]) / (1 - alphas_bar[t]) * x_t
        )
        mean, variance = posterior(x_t, x_0, alphas_bar[t], alphas_bar[t - 1])
        np.testing.assert_allclose(mean, expected, rtol=1e-9)
        np.testing.assert_allclose(
            variance, (1 - alphas_bar[t - 1]) / (1 - alphas_bar[t]) * beta, rtol=1e-9
        )


def noised(layer, images, labels, *, training):
    found = layer([keras.ops.array(images), keras.ops.array(labels)], training=training)
    return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}


class TestNoising:
    pytestmark = pytest.mark.first_backend

    def test_marginals(self):
        """Step by step in NumPy: as much of the image and as much noise as is drawn at once."""
        images = np.full((20_000, 1, 1, 1), 255.0, "float32")
        layer = Noising(3, steps=STEPS, label_dropout=0.25, seed=0)
        found = noised(layer, images, np.ones(len(images), "int32"), training=True)
        betas = 1 - np.divide(*np.array([layer.shares, [1, *layer.shares[:-1]]]))
        mean, variance = np.ones(1), np.zeros(1)
        for step in range(STEPS):
            mean = np.sqrt(1 - betas[step]) * mean
            variance = (1 - betas[step]) * variance + betas[step]
            own = found["image"][found["step"] == step].ravel()
            error = np.sqrt(variance / len(own))
            assert abs(own.mean() - mean) < 4 * error
            assert abs(own.var() / variance - 1) < 4 * np.sqrt(2 / len(own))
        assert set(found["step"].tolist()) == set(range(STEPS))
        assert set(found["label"].tolist()) == {1, 3}
        assert abs((found["label"] == 3).mean() - 0.25) < 0.02

    @pytest.mark.parametrize("prediction", ["v", "noise"])
    def test_the_target_leads_back_to_the_image(self, prediction):
        images = GENERATOR.uniform(0, 255, (8, 4, 4, 1)).astype("float32")
        layer = Noising(3, steps=STEPS, prediction=prediction, seed=0)
        found = noised(layer, images, np.zeros(8, "int32"), training=True)
        share = layer.shares[found["step"]][:, None, None, None]
        clean = images / 127.5 - 1
        noise = (found["image"] - np.sqrt(share) * clean) / np.sqrt(1 - share)
        velocity = np.sqrt(share) * noise - np.sqrt(1 - share) * clean
        expected = {"v": velocity, "noise": noise}[prediction]
        np.testing.assert_allclose(found["target"], expected, atol=1e-2)

    def test_without_training_an_image_has_its_own_noise(self):
        """Whatever is beside it, and without a class left out."""
        images = GENERATOR.integers(0, 255, (8, 4, 4, 1)).astype("float32")
        layer = Noising(3, label_dropout=1.0, seed=0)
        labels = np.ones(8, "int32")
        whole = noised(layer, images, labels, training=False)
        part = noised(layer, images[5:], labels[5:], training=False)
        for name, values in part.items():
            np.testing.assert_array_equal(values, whole[name][5:])
        assert len(set(whole["step"].tolist())) > 1
        assert (whole["label"] == 1).all()

    @pytest.mark.parametrize(
        ("setting", "message"),
        [({"prediction": "x"}, "prediction='x'"), ({"label_dropout": 2}, "label_dropout=2")],
    )
    def test_settings_out_of_range(self, setting, message):
        with pytest.raises(InputError, match=message):
            Noising(3, seed=0, **setting)


class Exact(keras.Model):
    """Predicts as is right if each class is one image, and all of them are as likely without."""

    def __init__(self, images, noising):
        super().__init__(name="u_net")
        self.images, self.noising = images, noising
        self.calls = 0
        self.output_shape_ = (None, *images.shape[1:])

    @property
    def output_shape(self):
        return self.output_shape_

    def predict_on_batch(self, x):
        self.calls += 1
        share = self.noising.shares[x["step"]][:, None, None, None]
        known = np.concatenate([self.images, self.images.mean(axis=0, keepdims=True)])
        clean = known[x["label"]]
        noise = (x["image"] - np.sqrt(share) * clean) / np.sqrt(1 - share)
        return np.sqrt(share) * noise - np.sqrt(1 - share) * clean


class TestSampling:
    pytestmark = pytest.mark.any_backend

    def model(self):
        noising = Noising(2, steps=STEPS, seed=0)
        images = np.stack([np.full((2, 2, 1), -0.5), np.full((2, 2, 1), 0.25)])
        layers = [noising, Exact(images, noising)]
        return type("Trained", (), {"layers": layers, "name": "made"})(), images

    @pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
    def test_an_exact_network_gives_its_images(self, sampler):
        model, images = self.model()
        found = ImageSampling(sampler, steps=10, guidance=1.0)(model, [1, 0, 1], seed=0)
        np.testing.assert_allclose(found / 127.5 - 1, images[[1, 0, 1]], atol=1e-5)
        assert model.layers[1].calls == 10

    def test_guidance_moves_away_from_what_is_likely_without_class(self):
        model, images = self.model()
        found = ImageSampling(steps=10, guidance=2.0)(model, [0, 1], seed=0) / 127.5 - 1
        expected = np.clip(images + (images - images.mean(axis=0)), -1, 1)
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_ddim_with_every_step_is_its_equation(self):
        """Equation 12 of Song et al. without noise, with a network that knows one image."""
        model, images = self.model()
        noising = model.layers[0]
        x = np.random.default_rng([3, 0]).normal(size=(2, 2, 1))
        for step in reversed(range(1, STEPS)):
            a, b = noising.shares[step], noising.shares[step - 1]
            epsilon = (x - np.sqrt(a) * images[1]) / np.sqrt(1 - a)
            x_0 = (x - np.sqrt(1 - a) * epsilon) / np.sqrt(a)
            x = np.sqrt(b) * x_0 + np.sqrt(1 - b) * epsilon
        one_left = ImageSampling(steps=STEPS, guidance=1.0)
        seen = []
        network = model.layers[1]
        exact = network.predict_on_batch
        network.predict_on_batch = lambda given: seen.append(given) or exact(given)
        one_left(model, [1], seed=3)
        assert seen[-1]["step"].tolist() == [0]
        np.testing.assert_allclose(seen[-1]["image"][0], x, atol=1e-5)

    def test_an_image_does_not_depend_on_the_others(self):
        model, _ = self.model()
        model.layers[1].predict_on_batch = lambda given: 0.9 * given["image"]
        sampling = ImageSampling("ddpm", steps=4)
        many = sampling(model, [0] * 60, seed=1)
        few = sampling(model, [0] * 3, seed=1)
        np.testing.assert_array_equal(few, many[:3])
        assert len(np.unique(many[:, 0, 0, 0])) > 30

    @pytest.mark.parametrize(
        ("setting", "message"),
        [
            ({"sampler": "euler"}, "sampler='euler'"),
            ({"steps": 0}, "steps=0"),
            ({"guidance": -1.0}, "guidance=-1"),
        ],
    )
    def test_settings_out_of_range(self, setting, message):
        with pytest.raises(InputError, match=message):
            ImageSampling(**setting)

    def test_more_steps_than_the_noising_has(self):
        model, _ = self.model()
        with pytest.raises(InputError, match=f"at most {STEPS} .*steps=51"):
            ImageSampling(steps=51)(model, [0])

    def test_a_model_of_another_kind(self):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="logits")])
        with pytest.raises(InputError, match="U-Net and noising.*logits"):
            ImageSampling()(model, [0])


class TestUNet:
    pytestmark = pytest.mark.any_backend

    @pytest.mark.parametrize("shape", [(30, 28, 1), (8, 8, 1)])
    def test_sizes_that_do_not_fit(self, shape):
        with pytest.raises(InputError, match=f"multiples of 4.*{shape[0]} x {shape[1]}.*such as"):
            u_net(shape)

    @pytest.mark.parametrize("setting", [{"widths": ()}, {"widths": (1,)}, {"blocks": 0}])
    def test_sizes_of_nothing(self, setting):
        with pytest.raises(InputError, match="at least one block. Received: widths="):
            u_net(**setting)

    def test_the_size_that_is_advised_fits(self):
        with pytest.raises(InputError, match="such as 12"):
            u_net((9, 10, 3), 2, widths=(4, 8))
        assert u_net((12, 12, 3), 2, widths=(4, 8)).output_shape == (None, 12, 12, 3)
