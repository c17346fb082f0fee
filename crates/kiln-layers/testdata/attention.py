from pathlib import Path
from keras import layers
from whole_cases import case, write

Q, V = (2, 3, 3), (2, 4, 3)
QM = [[1, 1, 0], [1, 1, 1]]
VM = [[1, 1, 1, 0], [0, 1, 1, 0]]
CAUSAL = dict(call={"use_causal_mask": True}, extra={"use_causal_mask": True})
SCORES = dict(call={"return_attention_scores": True}, extra={"return_attention_scores": True})
BOTH = dict(call={**CAUSAL["call"], **SCORES["call"]}, extra={**CAUSAL["extra"], **SCORES["extra"]})

for A in (layers.Attention, layers.AdditiveAttention):
    case("query and value", A(), Q, V)
    case("key", A(), Q, (2, 4, 2), V)
    case("scale or not", A(use_scale=A is layers.Attention), Q, V)
    case("masks, scores", A(), Q, V, masks=[QM, VM], **SCORES)
    case("causal", A(), Q, V, **CAUSAL)
    case("causal, masks, scores", A(), Q, V, masks=[None, VM], **BOTH)
A = layers.Attention
case("concat", A(score_mode="concat"), Q, V)
case("concat, scale", A(score_mode="concat", use_scale=True), Q, V, masks=[QM, None])
case("four axes", A(), (2, 2, 3, 4), (2, 2, 5, 4))

MH = layers.MultiHeadAttention
case("plain", MH(2, 3), Q, V, many=False)
case("key, dimensions", MH(2, 3, value_dim=2, output_shape=5), Q, (2, 4, 2), (2, 4, 5), many=False, **SCORES)
case("two axes out", MH(2, 3, output_shape=(2, 3)), Q, V, many=False)
case("no bias, regularizers", MH(2, 3, use_bias=False, kernel_regularizer="l2", activity_regularizer="l1", kernel_constraint="max_norm"),
     Q, V, many=False)
case("bias regularizer", MH(2, 3, bias_regularizer="l1"), Q, V, many=False)
case("masks", MH(2, 3), Q, V, masks=[QM, VM], many=False)
case("masks, scores", MH(2, 3), Q, V, masks=[QM, VM], many=False, **SCORES)
case("key's mask", MH(2, 3), Q, V, V, masks=[None, None, VM], many=False)
case("causal", MH(2, 3), Q, V, many=False, **CAUSAL)
case("causal, scores", MH(2, 3), Q, V, many=False, **BOTH)
case("window", MH(2, 3, sliding_window=2), Q, V, many=False)
case("window, causal, mask", MH(2, 3, sliding_window=2), Q, V, masks=[None, VM], many=False, **CAUSAL)
case("gate", MH(2, 3, use_gate=True, kernel_regularizer="l2"), Q, V, many=False)
case("gate, value", MH(2, 3, use_gate=True, value_dim=2), Q, V, many=False, **SCORES)
case("images", MH(2, 3), (2, 2, 3, 4), (2, 3, 2, 4), many=False)
case("images, scores", MH(2, 3), (1, 2, 3, 4), (1, 3, 2, 4), many=False, **SCORES)
case("one axis of images", MH(2, 3, attention_axes=2), (2, 2, 3, 4), (2, 2, 5, 4), many=False)
case("dropout in inference", MH(2, 3, dropout=0.5), Q, V, masks=[QM, VM], many=False)

GQ = layers.GroupQueryAttention
case("two share", GQ(3, 4, 2), Q, V, many=False)
case("one for all, key", GQ(3, 4, 1), Q, V, (2, 4, 2), many=False)
case("as many, no bias", GQ(3, 2, 2, use_bias=False, kernel_regularizer="l2", activity_regularizer="l1"), Q, V, many=False)
case("masks, scores", GQ(3, 4, 2), Q, V, masks=[QM, VM], many=False, **SCORES)
case("masks", GQ(3, 4, 2), Q, V, masks=[QM, VM], many=False)
case("causal, window, gate", GQ(3, 4, 2, sliding_window=2, use_gate=True), Q, V, many=False, **CAUSAL)

write(Path(__file__).with_suffix(".json"))
