//! Writes the setters of descriptions, which store an option and never fail.

/// `name: T` takes a `T`; `name: into T` what turns into one; `name: some T` the same, for an option that is none by default.
/// The path before `=>` is where the fields are.
macro_rules! setters {
    ($(.$part:ident)* =>) => {};
    ($(.$part:ident)* => $(#[$doc:meta])* $name:ident: into $t:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<$t>) -> Self {
            self$(.$part)*.$name = $name.into();
            self
        }
        $crate::setters::setters!($(.$part)* => $($rest)*);
    };
    ($(.$part:ident)* => $(#[$doc:meta])* $name:ident: some $t:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<$t>) -> Self {
            self$(.$part)*.$name = Some($name.into());
            self
        }
        $crate::setters::setters!($(.$part)* => $($rest)*);
    };
    ($(.$part:ident)* => $(#[$doc:meta])* $name:ident: maybe $t:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self$(.$part)*.$name = Some($name);
            self
        }
        $crate::setters::setters!($(.$part)* => $($rest)*);
    };
    ($(.$part:ident)* => $(#[$doc:meta])* $name:ident: $t:ty; $($rest:tt)*) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self$(.$part)*.$name = $name;
            self
        }
        $crate::setters::setters!($(.$part)* => $($rest)*);
    };
}
pub(crate) use setters;
