//! Setters by the dozen.

/// Writes setters that store and never fail: `set` takes the type itself, `into` what converts to it, `some` the same for an
/// `Option` that is empty at first.
macro_rules! setters {
    ($($(#[$doc:meta])* $how:ident $name:ident: $type:ty;)+) => {
        $($crate::spatial::setters!(@ $(#[$doc])* $how $name: $type);)+
    };
    (@ $(#[$doc:meta])* set $name:ident: $type:ty) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name;
            self
        }
    };
    (@ $(#[$doc:meta])* into $name:ident: $type:ty) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.$name = $name.into();
            self
        }
    };
    (@ $(#[$doc:meta])* some $name:ident: $type:ty) => {
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.$name = Some($name.into());
            self
        }
    };
}

pub(crate) use setters;
