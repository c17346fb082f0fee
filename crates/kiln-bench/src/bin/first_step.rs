//! From the start of the process to the end of the first step: the course's network takes one step on a batch of zeros.
//! `peers/course.py` times the whole process.

use kiln_bench::networks::NETWORKS;

fn main() -> kiln::Result<()> {
    let network = &NETWORKS[0];
    let x = kiln::Tensor::zeros([network.batch, network.shape[0]]);
    let y = kiln::Tensor::constant(vec![0i32; network.batch]);
    let logs = network.compiled()?.train_on_batch((&x, &y))?;
    println!("loss {:.4}", logs.loss);
    Ok(())
}
