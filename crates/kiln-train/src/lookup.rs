//! From names to nouns, once for losses, metrics and optimizers.

/// A table of names: the list `NAMES`, and `by_name`, which makes the noun with its defaults and turns it into what is asked for.
///
/// `extra` are names that something else understands; they are listed, too.
macro_rules! by_name {
    (
        $kind:literal, $output:ty, |$noun:ident| $value:expr $(, extra $($extra:literal),+)?;
        $(#[$doc:meta])*
        $($($name:literal)|+ => $type:ident;)*
    ) => {
        $(#[$doc])*
        pub const NAMES: &[&str] = &[$($($extra,)+)? $($($name,)+)*];

        fn by_name(name: &str) -> kiln_core::Result<$output> {
            match name {
                $($($name)|+ => { let $noun = $type::new(); $value })*
                _ => Err(kiln_core::Error::unknown($kind, name, NAMES.iter().copied())),
            }
        }
    };
}
