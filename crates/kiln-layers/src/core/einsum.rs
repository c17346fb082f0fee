//! Sums of products of two tensors, by Einstein's convention: axes of one label are paired, those missing in the result are summed.

use crate::axes::reshape;
use kiln_core::{Result, Tensor};

/// The product of `x`, whose axes are labelled `a`, and `y`, labelled `b`, with the axes `out`.
///
/// Labels don't repeat within one tensor, and a label has one size. One matrix product (or a batch of them) does the work.
pub(crate) fn contract(x: Tensor, a: &[char], y: Tensor, b: &[char], out: &[char]) -> Result<Tensor> {
    let (x, a) = sum_over(x, a, |l| b.contains(l) || out.contains(l))?;
    let (y, b) = sum_over(y, b, |l| a.contains(l) || out.contains(l))?;
    let (shape_a, shape_b) = (x.shape(), y.shape());
    let size = |label: &char| {
        let of = |labels: &[char], shape: &[usize]| labels.iter().position(|l| l == label).map(|i| shape[i]);
        of(&a, &shape_a).or(of(&b, &shape_b)).unwrap_or(1)
    };
    let pick = |labels: &[char], keep: &dyn Fn(&char) -> bool| labels.iter().copied().filter(keep).collect::<Vec<char>>();
    let batch = pick(out, &|l| a.contains(l) && b.contains(l));
    let left = pick(&a, &|l| !b.contains(l));
    let right = pick(&b, &|l| !a.contains(l));
    let summed = pick(&a, &|l| b.contains(l) && !out.contains(l));
    let count = |labels: &[char]| labels.iter().map(size).product::<usize>();
    let matrix = |t: Tensor, from: &[char], rows: &[char], columns: &[char]| -> Result<Tensor> {
        let order = [&batch, rows, columns].concat();
        let mut shape = vec![count(rows), count(columns)];
        if !batch.is_empty() {
            shape.insert(0, count(&batch));
        }
        reshape(&reorder(t, from, &order)?, &shape)
    };
    let product = matrix(x, &a, &left, &summed)?.matmul(&matrix(y, &b, &summed, &right)?)?;
    let labels = [batch.as_slice(), &left, &right].concat();
    let product = reshape(&product, &labels.iter().map(size).collect::<Vec<_>>())?;
    reorder(product, &labels, out)
}

/// Sums over the axes whose label is not kept.
fn sum_over(mut x: Tensor, labels: &[char], keep: impl Fn(&char) -> bool) -> Result<(Tensor, Vec<char>)> {
    for i in (0..labels.len()).rev().filter(|i| !keep(&labels[*i])) {
        x = x.sum_axis(i as isize)?;
    }
    Ok((x, labels.iter().copied().filter(keep).collect()))
}

/// The axes in the order `to`, a permutation of `from`.
fn reorder(x: Tensor, from: &[char], to: &[char]) -> Result<Tensor> {
    if from == to {
        return Ok(x);
    }
    let order: Vec<usize> = to.iter().filter_map(|l| from.iter().position(|f| f == l)).collect();
    x.transpose(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: a loop over all labels.
    fn slow(x: &Tensor, a: &[char], y: &Tensor, b: &[char], out: &[char]) -> Vec<f32> {
        let mut labels: Vec<char> = out.to_vec();
        labels.extend(a.iter().chain(b).filter(|l| !out.contains(l)));
        labels.dedup();
        let mut unique: Vec<char> = Vec::new();
        labels.into_iter().for_each(|l| {
            if !unique.contains(&l) {
                unique.push(l)
            }
        });
        let size =
            |l: &char| a.iter().position(|m| m == l).map_or_else(|| y.shape()[b.iter().position(|m| m == l).unwrap()], |i| x.shape()[i]);
        let sizes: Vec<usize> = unique.iter().map(size).collect();
        let place = |labels: &[char], index: &[usize]| {
            labels.iter().fold(0, |p, l| p * size(l) + index[unique.iter().position(|m| m == l).unwrap()])
        };
        let mut result = vec![0.0; out.iter().map(size).product()];
        for n in 0..sizes.iter().product::<usize>() {
            let (mut rest, mut index) = (n, vec![0; sizes.len()]);
            for (i, s) in sizes.iter().enumerate().rev() {
                index[i] = rest % s;
                rest /= s;
            }
            result[place(out, &index)] += x.to_vec::<f32>()[place(a, &index)] * y.to_vec::<f32>()[place(b, &index)];
        }
        result
    }

    #[test]
    fn agrees_with_the_definition() {
        let cases = [
            ("ab", "bc", "ac"),
            ("ab", "bc", "ca"),
            ("abc", "cd", "abd"),
            ("abc", "bcd", "abd"),
            ("abc", "abd", "acd"),
            ("abcd", "aecd", "acbe"),
            ("ab", "cd", "adbc"),
            ("abc", "cd", "ad"),
            ("ab", "bcd", "ac"),
            ("abc", "abc", "ab"),
            ("ab", "ab", "ab"),
        ];
        for (a, b, out) in cases {
            let chars = |s: &str| s.chars().collect::<Vec<_>>();
            let tensor = |s: &str, phase: f32| {
                let shape: Vec<usize> = s.bytes().map(|l| usize::from(l - b'a') % 4 + 2).collect();
                let count = shape.iter().product::<usize>();
                Tensor::from_vec((0..count).map(|i| (i as f32 * phase).sin()).collect(), shape).unwrap()
            };
            let (x, y) = (tensor(a, 0.7), tensor(b, 1.3));
            let expected = slow(&x, &chars(a), &y, &chars(b), &chars(out));
            let got = contract(x, &chars(a), y, &chars(b), &chars(out)).unwrap().to_vec::<f32>();
            assert!(got.len() == expected.len() && got.iter().zip(&expected).all(|(g, e)| (g - e).abs() < 1e-5), "{a},{b}->{out}");
        }
    }
}
