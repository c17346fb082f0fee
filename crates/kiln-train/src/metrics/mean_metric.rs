//! The one shape of most metrics: a value per sample, and the mean of them.

/// A metric that is the running mean of a function's values: its struct, options with their defaults and setters, `Metric`.
macro_rules! mean_metric {
    ($(#[$doc:meta])* $name:ident as $text:literal, $direction:ident {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    } $(own setter $own:ident: $own_ty:ty = $own_default:expr;)?
    |$this:ident, $y_true:ident, $y_pred:ident| $values:expr
    $(; logits |$l_this:ident, $l_true:ident, $logits:ident| $l_values:expr)?
    $(; result |$mean:ident| $result:expr)?
    $(; check |$c_this:ident| $check:expr)?
    $(;)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            name: String,
            $($field: $ty,)*
            $($own: $own_ty,)?
            running: $crate::metrics::mean::Running,
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $name {
            /// With Keras' defaults.
            ///
            #[doc = concat!("```\nuse kiln_train::metrics::{IntoMetric, ", stringify!($name), "};")]
            #[doc = concat!("assert_eq!(", stringify!($name), "::new().into_metric()?.key(), \"", $text, "\");")]
            /// # Ok::<(), kiln_core::Error>(())
            /// ```
            pub fn new() -> Self {
                Self { name: $text.to_owned(), $($field: $default,)* $($own: $own_default,)? running: Default::default() }
            }

            $(
                $(#[$note])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            pub(crate) fn configured(config: &$crate::config::Config) -> kiln_core::Result<Self> {
                let mut metric = Self::new();
                config.read("name", &mut metric.name)?;
                $(config.read(stringify!($field), &mut metric.$field)?;)*
                $(config.read(stringify!($own), &mut metric.$own)?;)?
                Ok(metric)
            }

            /// Another name.
            pub fn name(mut self, name: &str) -> Self {
                self.name = name.to_owned();
                self
            }
        }

        impl $crate::metrics::Metric for $name {
            fn name(&self) -> &str {
                &self.name
            }

            fn update_state(
                &mut self,
                y_true: &kiln_core::Tensor,
                y_pred: &kiln_core::Tensor,
                sample_weight: Option<&kiln_core::Tensor>,
            ) -> kiln_core::Result<()> {
                let ($this, $y_true, $y_pred) = (&*self, &y_true.clone().inner(), &y_pred.clone().inner());
                let values: kiln_core::Result<$crate::metrics::mean::Values> = $values;
                self.running.add(values?, sample_weight)
            }

            $(
                fn update_logits(
                    &mut self,
                    y_true: &kiln_core::Tensor,
                    logits: &kiln_core::Logits,
                    sample_weight: Option<&kiln_core::Tensor>,
                ) -> Option<kiln_core::Result<()>> {
                    let logits = kiln_core::Logits { values: logits.values.clone().inner(), of: logits.of };
                    let ($l_this, $l_true, $logits) = (&*self, y_true, &logits);
                    let values: Option<kiln_core::Result<$crate::metrics::mean::Values>> = $l_values;
                    values.map(|values| self.running.add(values?, sample_weight))
                }
            )?

            fn result(&self) -> f64 {
                let value = self.running.mean();
                $(let value = { let $mean = value; $result };)?
                $crate::metrics::mean::rounded(value)
            }

            fn reset_state(&mut self) {
                self.running = Default::default();
            }

            fn state(&self) -> Option<Vec<f64>> {
                Some($crate::metrics::gathered::written(&self.running))
            }

            fn restore(&mut self, state: &[f64]) -> kiln_core::Result<()> {
                self.running = $crate::metrics::gathered::read(&self.name, state, |_| Ok(Default::default()))?;
                Ok(())
            }

            fn direction(&self) -> $crate::metrics::Direction {
                $crate::metrics::Direction::$direction
            }

            $(
                fn check(&self) -> kiln_core::Result<()> {
                    let $c_this = self;
                    $check
                }
            )?

            fn config(&self) -> Option<$crate::config::Config> {
                let mut values = serde_json::Map::new();
                values.insert("name".to_owned(), self.name.clone().into());
                $(values.insert(stringify!($field).to_owned(), $crate::config::Setting::write(&self.$field));)*
                $(values.insert(stringify!($own).to_owned(), $crate::config::Setting::write(&self.$own));)?
                Some($crate::config::Config::new(stringify!($name), values))
            }

            fn boxed_clone(&self) -> Box<dyn $crate::metrics::Metric> {
                Box::new(self.clone())
            }
        }
    };
}
