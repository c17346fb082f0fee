from pathlib import Path
from keras import layers
from whole_cases import case, write

ED = layers.EinsumDense
case("dense", ED("ab,bc->ac", 4, bias_axes="c", activation="tanh", kernel_regularizer="l2", bias_regularizer="l1"), (3, 5))
case("sequence", ED("abc,cd->abd", (None, 4), bias_axes="d"), (2, 3, 5))
case("no bias", ED("abc,cd->abd", (None, 4)), (2, 3, 5))
case("heads", ED("abc,cde->abde", (None, 2, 4), bias_axes="de"), (2, 3, 5))
case("back from heads", ED("abcd,cde->abe", (None, 6), bias_axes="e"), (2, 3, 2, 4))
case("dots before", ED("...x,xy->...y", 4, bias_axes="y"), (2, 3, 5))
case("dots before two", ED("...xy,yz->...xz", (3, 4), bias_axes="xz"), (2, 3, 5))
case("dots after", ED("ab...,bc->ac...", 4, bias_axes="c"), (2, 3, 2, 2))
case("a kernel for each step", ED("abc,bcd->abd", (3, 4), bias_axes="bd"), (2, 3, 5))
case("bias of steps", ED("abc,cd->abd", (3, 4), bias_axes="b"), (2, 3, 5))
case("summed axis", ED("abc,cd->ad", (4,)), (2, 3, 2))
case("activity", ED("ab,bc->ac", 4, activity_regularizer="l2"), (3, 5))
case("l1 and l2", layers.ActivityRegularization(l1=0.1, l2=0.2), (3, 5), masks=[[1, 0, 1]])
case("nothing", layers.Identity(), (3, 5), masks=[[1, 0, 1]])

write(Path(__file__).with_suffix(".json"))
