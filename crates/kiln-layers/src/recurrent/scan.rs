//! The walk over a sequence.

use crate::recurrent::Sequence;
use crate::recurrent::cell::Run;
use kiln_core::{Error, Result, Tensor};

/// Repeats `run` over `x` (time, batch, ...): the outputs (batch, time, ...) or the last one, and the last states.
///
/// At a step that `mask` (batch, time) leaves out, the states stay as they are; the output is the one before, or 0.
pub(super) fn scan(
    run: &Run<'_>,
    x: Tensor,
    mut states: Vec<Tensor>,
    mask: Option<&Tensor>,
    sequence: Sequence,
) -> Result<(Tensor, Vec<Tensor>)> {
    let masks = mask.map(|mask| steps(mask.transpose([1, 0])?)).transpose()?;
    let mut walk: Vec<(Tensor, Option<Tensor>)> = match masks {
        Some(masks) => steps(run.project(x)?)?.into_iter().zip(masks.into_iter().map(Some)).collect(),
        None => steps(run.project(x)?)?.into_iter().map(|x| (x, None)).collect(),
    };
    if sequence.go_backwards {
        walk.reverse();
    }
    let mut outputs: Vec<Tensor> = Vec::with_capacity(if sequence.return_sequences { walk.len() } else { 1 });
    for (x, mask) in walk {
        let before = mask.as_ref().map(|_| states.clone());
        let (mut output, after) = run.step(x, states)?;
        states = after;
        if let (Some(mask), Some(before)) = (mask, before) {
            if states.len() != before.len() {
                return Err(Error::shape("RNN", format!("{} states after a step", before.len()), states.len()));
            }
            let kept = before.into_iter().zip(states).map(|(before, after)| choose(&mask, after, Some(before)));
            states = kept.collect::<Result<_>>()?;
            let last = if sequence.zero_output_for_mask { None } else { outputs.last().cloned() };
            output = choose(&mask, output, last)?;
        }
        if !sequence.return_sequences {
            outputs.clear();
        }
        outputs.push(output);
    }
    match outputs.pop() {
        Some(last) if !sequence.return_sequences => Ok((last, states)),
        Some(last) => {
            outputs.push(last);
            Ok((Tensor::stack(&outputs, 1)?, states))
        }
        None => Err(Error::shape("RNN", "at least one step", "none")),
    }
}

/// `new` for the samples that `mask` (batch) marks, `old` or 0 for the others.
fn choose(mask: &Tensor, new: Tensor, old: Option<Tensor>) -> Result<Tensor> {
    let mut shape = vec![1; new.rank()];
    shape[0] = -1;
    let mask = mask.reshape(shape)?;
    match old {
        Some(old) => mask.select_where(new, old),
        None => mask.select_where(new, 0.0),
    }
}

/// How many parts a recorded sequence is cut into at a time.
const PARTS: usize = 4;

/// The rows of the first axis.
///
/// The gradient of one slice is as large as what it was cut from, so that cutting T rows from a recorded sequence would cost T times
/// its size. It is cut into parts of parts, which costs log T times its size.
fn steps(x: Tensor) -> Result<Vec<Tensor>> {
    let recorded = x.is_autodiff();
    let mut rows = Vec::new();
    cut(x, recorded, &mut rows)?;
    Ok(rows)
}

fn cut(x: Tensor, recorded: bool, rows: &mut Vec<Tensor>) -> Result<()> {
    let n = x.shape().first().copied().unwrap_or(0);
    if !recorded || n <= PARTS {
        for i in 0..n {
            rows.push(x.row(i)?);
        }
        return Ok(());
    }
    let size = n.div_ceil(PARTS);
    for begin in (0..n).step_by(size) {
        cut(x.rows(begin..n.min(begin + size))?, recorded, rows)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_sequence_gives_the_same_rows() {
        for n in [1, 4, 5, 17, 64, 65] {
            let x = Tensor::range(0..n * 2).to_float().reshape([n as isize, 2]).unwrap();
            let rows = |x: Tensor| steps(x).unwrap().iter().map(|r| r.to_vec::<f32>()).collect::<Vec<_>>();
            assert_eq!(rows(x.clone().autodiff()), rows(x));
        }
    }
}
