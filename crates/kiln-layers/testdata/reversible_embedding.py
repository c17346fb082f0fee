from pathlib import Path
import jax.numpy as jnp
from keras import layers
from whole_cases import CASES, case, write


def reverse(what, shape, **options):
    """Kiln's call of the projection has the hidden state twice; the second one is not read."""
    layer = layers.ReversibleEmbedding(5, 3, **options)
    layer(jnp.zeros((1, 2)))
    case(what, layer, shape, call={"reverse": True})
    c = CASES[-1]
    c["inputs"] *= 2
    c["masks"] *= 2
    c["input_gradients"].append(None)
    if not layer.tie_weights and layer.embeddings_regularizer is None:
        # Not read at all.
        del c["weight_gradients"]["embeddings"]


reverse("tied", (2, 4, 3))
reverse("tied, two axes", (4, 3), embeddings_regularizer="l2", activity_regularizer="l1")
reverse("untied", (2, 4, 3), tie_weights=False, embeddings_regularizer="l2")
reverse("soft cap", (2, 2, 4, 3), logit_soft_cap=0.5)
reverse("untied, soft cap, type", (2, 4, 3), tie_weights=False, logit_soft_cap=2.0, reverse_dtype="float32")

write(Path(__file__).with_suffix(".json"))
