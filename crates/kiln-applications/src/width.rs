//! How wide a network is, against its paper.

use crate::pretrained::imagenet_needs;
use kiln_core::{Error, Result};

/// A factor for the numbers of filters and units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Width(pub(crate) f64);

impl Default for Width {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Width {
    pub(crate) fn check(self, who: &str) -> Result<()> {
        if self.0.is_finite() && self.0 > 0.0 { Ok(()) } else { Err(Error::option(who, "width", "a number above 0", self.0)) }
    }

    /// Whether the published weights fit.
    pub(crate) fn check_imagenet(self, who: &str) -> Result<()> {
        if self.0 == 1.0 { Ok(()) } else { Err(imagenet_needs(who, "width", 1, self.0)) }
    }

    /// `filters` times the factor, to the nearest multiple of `groups`, at least one.
    pub(crate) fn of(self, filters: usize, groups: usize) -> usize {
        ((filters as f64 * self.0 / groups as f64).round() as usize).max(1) * groups
    }
}

/// Writes the option.
macro_rules! width {
    () => {
        /// A factor for the numbers of filters and units, for a smaller network of the same build. Not in Keras. Default 1.
        pub fn width(mut self, width: f64) -> Self {
            self.width = $crate::width::Width(width);
            self
        }
    };
}
pub(crate) use width;
