//! One of several operations for each image.

use super::draws::Draws;
use super::factor::Factor;
use super::names::Interpolation;
use super::operation::Act;
use super::{
    AutoContrast, Equalization, RandomBrightness, RandomColorDegeneration, RandomContrast, RandomPosterization, RandomRotation,
    RandomSharpness, RandomShear, RandomTranslation, Solarization,
};
use kiln_core::{Result, Tensor};

/// The operations of RandAugment and AugMix, as strong as `factor`; the last four only with `colors`.
pub(super) fn operations(factor: [f64; 2], range: [f64; 2], interpolation: &Interpolation, colors: bool) -> Vec<Box<dyn Act>> {
    let pair = Factor::Pair(factor);
    let [low, high] = range;
    // Keras truncates the bits, and keeps one at least.
    let bits = (8.0 * factor[1]).floor().max(1.0);
    let mut all: Vec<Box<dyn Act>> = vec![
        Box::new(RandomShear::new(pair, pair).interpolation(interpolation.clone())),
        Box::new(RandomTranslation::new(pair, pair).interpolation(interpolation.clone())),
        Box::new(RandomRotation::new(pair).interpolation(interpolation.clone())),
        Box::new(RandomPosterization::new(bits).value_range(low, high)),
        Box::new(Solarization::new().addition_factor(pair).threshold_factor(pair).value_range(low, high)),
        Box::new(AutoContrast::new().value_range(low, high)),
        Box::new(Equalization::new().value_range(low, high)),
    ];
    if colors {
        all.push(Box::new(RandomBrightness::new(pair).value_range(low, high)));
        all.push(Box::new(RandomColorDegeneration::new(pair).value_range(low, high)));
        all.push(Box::new(RandomContrast::new(pair).value_range(low, high)));
        all.push(Box::new(RandomSharpness::new(pair).value_range(low, high)));
    }
    all
}

/// Applies operation `chosen[i]` to image i; a number past the last leaves the image.
pub(super) fn apply(images: Tensor, operations: &[Box<dyn Act>], chosen: &[usize], draws: &Draws) -> Result<Tensor> {
    let mut order = Vec::with_capacity(chosen.len());
    let mut parts = Vec::new();
    for k in 0..=operations.len() {
        let samples: Vec<usize> = (0..chosen.len()).filter(|&i| chosen[i].min(operations.len()) == k).collect();
        if samples.is_empty() {
            continue;
        }
        let part = images.gather(&samples)?;
        parts.push(match operations.get(k) {
            Some(operation) => operation.change(part, &draws.part(k as u64).of(&samples))?,
            None => part,
        });
        order.extend(samples);
    }
    let mut places = vec![0; order.len()];
    order.into_iter().enumerate().for_each(|(at, sample)| places[sample] = at);
    Tensor::concat(&parts, 0)?.gather(&places)
}

/// A whole number below `count` for each sample.
pub(super) fn choose(draws: &Draws, place: u64, count: usize) -> Vec<usize> {
    draws.uniform(place, [0.0, count as f64]).into_iter().map(|u| u as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::image::goldens::{draws, ramp};

    #[test]
    fn each_image_gets_its_own_operation() {
        let images = ramp([4, 3, 3, 3]);
        let all = operations([0.1, 0.5], [0.0, 255.0], &Interpolation::Bilinear, true);
        assert_eq!(all.len(), 11);
        let y = apply(images.clone(), &all, &[11, 5, 3, 5], &draws(4)).unwrap();
        let row = |t: &Tensor, i: usize| t.rows(i..i + 1).unwrap().to_vec::<f32>();
        assert_eq!(row(&y, 0), row(&images, 0));
        let contrast = all[5].change(images.clone(), &draws(4)).unwrap();
        assert_eq!((row(&y, 1), row(&y, 3)), (row(&contrast, 1), row(&contrast, 3)));
        // A sample's numbers are its own, whichever samples are treated with it.
        let posterized = all[3].change(images, &draws(4).part(3)).unwrap();
        assert_eq!(row(&y, 2), row(&posterized, 2));
    }
}
