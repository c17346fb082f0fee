//! The shape of metrics that gather more than a mean: a state that starts with the first batch, and numbers made of it.

/// A metric's struct, with its options, `new`, and `Metric`.
///
/// `start` makes the state from the predictions' shape, `update` takes in a batch and leaves the state alone when it fails,
/// `results` makes the numbers. Options under `own` have setters of their own.
macro_rules! state_metric {
    ($(#[$doc:meta])* $name:ident as $text:literal, $direction:ident, new($($arg:ident: $arg_ty:ty),*), $state:ty {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    } own { $($own:ident: $own_ty:ty = $own_default:expr),* $(,)? }
    start |$s_this:ident, $shape:ident| $start:expr;
    update |$this:ident, $u_state:ident, $y_true:ident, $y_pred:ident, $weight:ident| $update:expr;
    results |$r_this:ident, $r_state:ident| $results:expr;
    check |$c_this:ident| $check:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            name: String,
            $($arg: $arg_ty,)*
            $($field: $ty,)*
            $($own: $own_ty,)*
            state: Option<$state>,
        }

        impl $name {
            /// With Keras' defaults.
            pub fn new($($arg: $arg_ty),*) -> Self {
                Self { name: $text.to_owned(), $($arg,)* $($field: $default,)* $($own: $own_default,)* state: None }
            }

            $(
                $(#[$note])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            pub(crate) fn configured(config: &$crate::config::Config) -> kiln_core::Result<Self> {
                let mut metric = Self::new($(config.need::<$arg_ty>(stringify!($arg))?),*);
                config.read("name", &mut metric.name)?;
                $(config.read(stringify!($field), &mut metric.$field)?;)*
                $(config.read(stringify!($own), &mut metric.$own)?;)*
                Ok(metric)
            }

            /// Another name.
            pub fn name(mut self, name: &str) -> Self {
                self.name = name.to_owned();
                self
            }

            fn start(&self, $shape: &[usize]) -> kiln_core::Result<$state> {
                let $s_this = self;
                $start
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
                self.check()?;
                let mut state = match self.state.take() {
                    Some(state) => state,
                    None => self.start(&y_pred.shape())?,
                };
                let ($this, $u_state, $weight) = (&*self, &mut state, sample_weight);
                let ($y_true, $y_pred) = (&y_true.clone().inner(), &y_pred.clone().inner());
                let result: kiln_core::Result<()> = $update;
                self.state = Some(state);
                result
            }

            fn result(&self) -> f64 {
                let all = self.results();
                let sum: f64 = all.iter().sum();
                if all.is_empty() { 0.0 } else { $crate::metrics::mean::rounded(sum / all.len() as f64) }
            }

            fn results(&self) -> Vec<f64> {
                let fresh;
                let state = match &self.state {
                    Some(state) => state,
                    None => match self.start(&[]) {
                        Ok(state) => {
                            fresh = state;
                            &fresh
                        }
                        // Options that make no sense are reported by `check`.
                        Err(_) => return Vec::new(),
                    },
                };
                let ($r_this, $r_state) = (self, state);
                let results: Vec<f64> = $results;
                results.into_iter().map($crate::metrics::mean::rounded).collect()
            }

            fn reset_state(&mut self) {
                self.state = None;
            }

            fn state(&self) -> Option<Vec<f64>> {
                Some(self.state.as_ref().map_or(Vec::new(), $crate::metrics::gathered::written))
            }

            fn restore(&mut self, state: &[f64]) -> kiln_core::Result<()> {
                self.state = None;
                if !state.is_empty() {
                    self.state = Some($crate::metrics::gathered::read(&self.name, state, |width| self.start(&[1, width]))?);
                }
                Ok(())
            }

            fn direction(&self) -> $crate::metrics::Direction {
                $crate::metrics::Direction::$direction
            }

            fn check(&self) -> kiln_core::Result<()> {
                let $c_this = self;
                $check
            }

            fn config(&self) -> Option<$crate::config::Config> {
                let mut values = serde_json::Map::new();
                values.insert("name".to_owned(), self.name.clone().into());
                $(values.insert(stringify!($arg).to_owned(), $crate::config::Setting::write(&self.$arg));)*
                $(values.insert(stringify!($field).to_owned(), $crate::config::Setting::write(&self.$field));)*
                $(values.insert(stringify!($own).to_owned(), $crate::config::Setting::write(&self.$own));)*
                Some($crate::config::Config::new(stringify!($name), values))
            }

            fn boxed_clone(&self) -> Box<dyn $crate::metrics::Metric> {
                Box::new(self.clone())
            }
        }
    };
}

/// `Default` for metrics whose `new` needs nothing.
macro_rules! by_default {
    ($($name:ident)*) => {$(
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    )*};
}
