//! What the layers share that read images elsewhere: what stands outside, and how values between pixels are found.

use super::names::FillMode;

/// Keras' default.
pub(super) fn reflect() -> FillMode {
    FillMode::Reflect
}

/// Writes the setters and the common part of a layer that reads images elsewhere: fields `fill_mode`, `interpolation`, `fill_value`,
/// `seed`, and a method `transforms` that draws a transform for each sample.
macro_rules! warping {
    ($layer:ident) => {
        impl $layer {
            /// What stands outside of the image: `reflect`, `wrap`, `constant` or `nearest`. Default `reflect`.
            pub fn fill_mode(mut self, mode: impl Into<FillMode>) -> Self {
                self.fill_mode = mode.into();
                self
            }

            /// `nearest` or `bilinear`. Default `bilinear`.
            pub fn interpolation(mut self, interpolation: impl Into<Interpolation>) -> Self {
                self.interpolation = interpolation.into();
                self
            }

            /// The value outside with `fill_mode` `constant`. Default 0.
            pub fn fill_value(mut self, value: f64) -> Self {
                self.fill_value = value;
                self
            }

            seed!();
        }

        impl Operation for $layer {
            const WHO: &'static str = stringify!($layer);

            fn check(&self) -> Result<()> {
                self.ranges()?;
                self.fill_mode.check(Self::WHO, "fill_mode", &FillMode::ALL)?;
                self.interpolation.check(Self::WHO, "interpolation", &Interpolation::WARPS)
            }

            fn seed(&self) -> Option<u64> {
                self.seed
            }

            fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
                let [_, height, width, _] = sizes(&images);
                let reading = Reading { interpolation: &self.interpolation, fill_mode: &self.fill_mode, fill_value: self.fill_value };
                warp(&images, &self.transforms(draws, height, width)?, &reading)
            }
        }

        image_layer!($layer);
    };
}
pub(super) use warping;

#[cfg(test)]
mod tests {
    use crate::preprocessing::image::goldens::draws;
    use crate::preprocessing::image::warp::Transform;
    use crate::preprocessing::image::{RandomRotation, RandomShear, RandomTranslation, RandomZoom};
    use kiln_core::layer::Layer;
    use kiln_core::{Result, Shape};

    /// The smallest and largest of the k-th number of 500 transforms.
    fn spread(transforms: Result<Vec<Transform>>, k: usize) -> [f64; 2] {
        let values: Vec<f64> = transforms.unwrap().into_iter().map(|t| t[k]).collect();
        assert_eq!(values.len(), 500);
        values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(*v), b.max(*v)])
    }

    fn about([a, b]: [f64; 2], [low, high]: [f64; 2]) -> bool {
        let slack = 0.05 * (high - low);
        a >= low - 1e-9 && b <= high + 1e-9 && a < low + slack && b > high - slack
    }

    #[test]
    fn draws_fill_their_ranges() {
        let draws = draws(500);
        let sine = (0.1f64 * std::f64::consts::TAU).sin();
        assert!(about(spread(RandomRotation::new(0.1).transforms(&draws, 5, 5), 3), [-sine, sine]));
        assert!(about(spread(RandomRotation::new((0.0, 0.1)).transforms(&draws, 5, 5), 3), [0.0, sine]));
        let zoom = RandomZoom::new(0.2).width_factor((0.1, 0.5));
        assert!(about(spread(zoom.transforms(&draws, 5, 5), 4), [0.8, 1.2]));
        assert!(about(spread(zoom.transforms(&draws, 5, 5), 0), [1.1, 1.5]));
        let square = RandomZoom::new(0.2).transforms(&draws, 5, 5).unwrap();
        assert!(square.iter().all(|t| t[0] == t[4]));
        let moves = RandomTranslation::new(0.5, (0.0, 0.25));
        assert!(about(spread(moves.transforms(&draws, 10, 20), 5), [-5.0, 5.0]));
        assert!(about(spread(moves.transforms(&draws, 10, 20), 2), [-5.0, 0.0]));
        let shear = RandomShear::new((0.2, 0.4), 0.1);
        assert!(about(spread(shear.transforms(&draws, 5, 5), 1), [-0.4, 0.4]));
        assert!(about(spread(shear.transforms(&draws, 5, 5), 3), [-0.1, 0.1]));
    }

    #[test]
    fn mistakes_are_errors() {
        fn of<L: Layer>(layer: L) -> String {
            layer.output_shape(&Shape::batch_of([4, 4, 3])).unwrap_err().to_string()
        }
        assert_eq!(of(RandomRotation::new(2.0)), "RandomRotation: `factor` must be from -1 to 1, received 2");
        assert_eq!(of(RandomZoom::new((-1.0, 0.0))), "RandomZoom: `height_factor` must be above -1, received -1");
        assert_eq!(of(RandomShear::new(-0.5, 0.0)), "RandomShear: `x_factor` must be from 0 to 1, received -0.5");
        assert!(of(RandomTranslation::new(0.1, (0.0, 1.5))).contains("`width_factor` must be two numbers from -1 to 1"));
        let fill = of(RandomRotation::new(0.1).fill_mode("mirror"));
        assert_eq!(fill, "RandomRotation: `fill_mode` must be one of `reflect`, `wrap`, `constant`, `nearest`, received `mirror`");
        assert!(of(RandomRotation::new(0.1).interpolation("bicubic")).contains("one of `nearest`, `bilinear`"));
    }
}
