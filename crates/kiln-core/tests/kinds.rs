//! Every layout operation keeps the kind of its tensor.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln_core::{DType, Device, Tensor};

fn check(name: &str, t: &Tensor) {
    let kind = t.dtype();
    let same = |step: &str, out: Tensor| {
        assert_eq!(out.dtype(), kind, "{name} after {step}");
        out.to_vec::<f32>();
        out.cast(DType::F32).to_vec::<f32>();
    };
    same("nothing", t.clone());
    same("to_device", t.clone().to_device(&Device::host()));
    same("reshape", t.reshape([-1, 1]).unwrap());
    same("rows", t.rows(0..2).unwrap());
    same("gather", t.gather(&[1, 0]).unwrap());
    same("transpose", t.transpose([]).unwrap());
    same("autodiff", t.clone().autodiff());
    same("inner", t.clone().autodiff().inner());
    same("concat", Tensor::concat([t, t], 0).unwrap());
    same("row", t.row(1).unwrap());
    same("broadcast", t.broadcast_to([3, t.len()]).unwrap());
}

#[test]
fn kinds_survive() {
    let x = Tensor::constant([1.0, 2.0, 3.0]);
    check("float", &x);
    check("int", &Tensor::constant([1, 2, 3]));
    check("u8", &Tensor::constant([1u8, 2, 3]));
    check("bool constant", &Tensor::constant([true, false, true]));
    check("greater", &x.greater(1.5).unwrap());
    check("equal ints", &Tensor::constant([1, 2, 3]).equal(Tensor::constant([1, 2, 4])).unwrap());
    check("argmax", &Tensor::eye(3).argmax(-1).unwrap());
    check("equal argmax", &Tensor::eye(3).argmax(-1).unwrap().equal(Tensor::constant([1, 2, 4])).unwrap());
}
