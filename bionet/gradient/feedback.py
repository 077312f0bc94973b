"""How an error gets back through a layer: a product whose backward pass has its own matrix.

Forward a layer computes ``x @ w``, w of shape (sources, targets). Backward, the error g at its
targets reaches its sources as ``g @ m``, m of shape (targets, sources), and the weights have the
gradient ``x.T @ g`` whatever m is. The rules differ in m, and in what becomes of the feedback
weights b where there are some:

==================  ==============  =================================================
rule                m               b
==================  ==============  =================================================
backpropagation     w.T             none: the forward weights are transported
sign symmetry       s sign(w.T)     none: their signs are
feedback alignment  b               stays as it was drawn
weight mirror       b               learns from noise, see `bionet.gradient.mirror`
Kolen-Pollack       b               has the gradient ``g.T @ x``, the transpose of w's
==================  ==============  =================================================

With the same optimiser and the same decay on w and b the last is the rule of Kolen & Pollack
(1994), dW = -eta delta x^T - lambda W, dB = -eta x delta^T - lambda B, and w - b.T shrinks by
1 - lambda in each update. Sources: Lillicrap et al. 2016 (feedback alignment), Liao, Leibo &
Poggio 2016 (sign symmetry), Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019 (weight mirror;
Kolen-Pollack, eq. 16 and 17).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

__all__ = [
    "BACKPROPAGATION",
    "FEEDBACK_ALIGNMENT",
    "FEEDBACK_RULES",
    "KOLEN_POLLACK",
    "SIGN_SYMMETRY",
    "WEIGHT_MIRROR",
    "AbstractFeedbackRule",
    "Backpropagation",
    "FeedbackAlignment",
    "KolenPollack",
    "SignSymmetry",
    "WeightMirror",
    "feedback_product",
]


class AbstractFeedbackRule(ABC):
    """What carries errors backward, and what feedback weights learn from them."""

    #: Whether there are feedback weights.
    has_weights: bool
    #: Whether they learn in a phase of their own, from noise.
    mirrors: bool = False

    @abstractmethod
    def matrix(self, weights, feedback):
        """Return m, (targets, sources).

        Parameters
        ----------
        weights : array, (sources, targets)
        feedback : array, (targets, sources), or None
            None where the rule has no feedback weights.
        """

    @abstractmethod
    def cotangent(self, weight_gradient, feedback):
        """Return the gradient of the feedback weights, (targets, sources), or None without any.

        Parameters
        ----------
        weight_gradient : array, (sources, targets)
        feedback : array, (targets, sources), or None
        """


@dataclass(frozen=True)
class Backpropagation(AbstractFeedbackRule):
    """The transposed forward weights: the exact gradient."""

    has_weights = False

    def matrix(self, weights, feedback):
        """Return ``weights.T``."""
        return weights.T

    def cotangent(self, weight_gradient, feedback):
        """Return None."""
        return None


@dataclass(frozen=True)
class SignSymmetry(AbstractFeedbackRule):
    """The signs of the transposed forward weights, all of one size.

    Attributes
    ----------
    scale : float, optional
        That size; left out, (sources + targets)^-1/2, the width that Akrout et al. draw weights
        with. An error that comes back larger or smaller only changes how fast lower layers learn.
    """

    scale: float | None = None
    has_weights = False

    def __post_init__(self):
        if self.scale is not None and not self.scale > 0:
            raise ValueError(f"scale must be positive; found {self.scale}")

    def matrix(self, weights, feedback):
        """Return ``scale * sign(weights.T)``."""
        scale = sum(weights.shape) ** -0.5 if self.scale is None else self.scale
        return scale * jnp.sign(weights.T)

    def cotangent(self, weight_gradient, feedback):
        """Return None."""
        return None


@dataclass(frozen=True)
class FeedbackAlignment(AbstractFeedbackRule):
    """Random feedback weights that never change."""

    has_weights = True

    def matrix(self, weights, feedback):
        """Return the feedback weights."""
        return feedback

    def cotangent(self, weight_gradient, feedback):
        """Return zeros."""
        return jnp.zeros_like(feedback)


@dataclass(frozen=True)
class WeightMirror(AbstractFeedbackRule):
    """Feedback weights that learn from noise alone, see `bionet.gradient.mirror`."""

    has_weights = True
    mirrors = True

    def matrix(self, weights, feedback):
        """Return the feedback weights."""
        return feedback

    def cotangent(self, weight_gradient, feedback):
        """Return zeros: errors teach them nothing."""
        return jnp.zeros_like(feedback)


@dataclass(frozen=True)
class KolenPollack(AbstractFeedbackRule):
    """Feedback weights that are changed as the forward weights are."""

    has_weights = True

    def matrix(self, weights, feedback):
        """Return the feedback weights."""
        return feedback

    def cotangent(self, weight_gradient, feedback):
        """Return the transposed gradient of the forward weights (Akrout et al. 2019, eq. 17)."""
        return weight_gradient.T


BACKPROPAGATION = Backpropagation()
FEEDBACK_ALIGNMENT = FeedbackAlignment()
SIGN_SYMMETRY = SignSymmetry()
WEIGHT_MIRROR = WeightMirror()
KOLEN_POLLACK = KolenPollack()

#: The rules by the names that configurations have for them.
FEEDBACK_RULES: dict[str, AbstractFeedbackRule] = {
    "backpropagation": BACKPROPAGATION,
    "sign_symmetry": SIGN_SYMMETRY,
    "feedback_alignment": FEEDBACK_ALIGNMENT,
    "weight_mirror": WEIGHT_MIRROR,
    "kolen_pollack": KOLEN_POLLACK,
}


def feedback_product(x, weights, feedback, rule: AbstractFeedbackRule):
    """Return ``x @ weights``, through which errors come back as the rule has it.

    Parameters
    ----------
    x : array, (..., sources)
    weights : array, (sources, targets)
    feedback : array, (targets, sources), or None
        None where the rule has no feedback weights.
    rule : AbstractFeedbackRule

    Raises
    ------
    ValueError
        If feedback weights are missing, not wanted, or of a wrong shape.
    """
    if rule.has_weights is (feedback is None):
        state = "needs" if rule.has_weights else "has no"
        raise ValueError(f"{type(rule).__name__} {state} feedback weights")
    if feedback is not None and feedback.shape != weights.shape[::-1]:
        raise ValueError(
            f"feedback weights have shape {feedback.shape}; expected {weights.shape[::-1]}"
        )
    return _product(rule, x, weights, feedback)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _product(rule, x, weights, feedback):
    return _matmul(x, weights)


def _forward(rule, x, weights, feedback):
    return _matmul(x, weights), (x, weights, feedback)


def _backward(rule, kept, error):
    x, weights, feedback = kept
    rows, errors = (a.reshape(-1, a.shape[-1]) for a in (x, error))
    gradient = _matmul(rows.T, errors)
    back = _matmul(error, rule.matrix(weights, feedback))
    return back, gradient, rule.cotangent(gradient, feedback)


_product.defvjp(_forward, _backward)


def _matmul(a, b):
    return jnp.matmul(a, b, precision="highest")  # GPUs would round
