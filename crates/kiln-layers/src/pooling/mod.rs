//! Layers that gather neighbours into one value.
//!
//! Each kind is written once for any number of spatial axes and both reductions; [`MaxPooling2d`] is [`WindowPooling`] of [`Max`]
//! over two axes.

mod adaptive_average_pooling;
mod adaptive_max_pooling;
mod adaptive_pooling;
mod average_pooling;
mod global_average_pooling;
mod global_max_pooling;
mod global_pooling;
mod max_pooling;
mod pool;
mod window_pooling;

pub use adaptive_average_pooling::{
    AdaptiveAveragePooling1d, AdaptiveAveragePooling1dModule, AdaptiveAveragePooling2d, AdaptiveAveragePooling2dModule,
    AdaptiveAveragePooling3d, AdaptiveAveragePooling3dModule,
};
pub use adaptive_max_pooling::{
    AdaptiveMaxPooling1d, AdaptiveMaxPooling1dModule, AdaptiveMaxPooling2d, AdaptiveMaxPooling2dModule, AdaptiveMaxPooling3d,
    AdaptiveMaxPooling3dModule,
};
pub use adaptive_pooling::{AdaptivePooling, AdaptivePoolingModule};
pub use average_pooling::{
    AveragePooling1d, AveragePooling1dModule, AveragePooling2d, AveragePooling2dModule, AveragePooling3d, AveragePooling3dModule,
};
pub use global_average_pooling::{
    GlobalAveragePooling1d, GlobalAveragePooling1dModule, GlobalAveragePooling2d, GlobalAveragePooling2dModule, GlobalAveragePooling3d,
    GlobalAveragePooling3dModule,
};
pub use global_max_pooling::{
    GlobalMaxPooling1d, GlobalMaxPooling1dModule, GlobalMaxPooling2d, GlobalMaxPooling2dModule, GlobalMaxPooling3d,
    GlobalMaxPooling3dModule,
};
pub use global_pooling::{GlobalPooling, GlobalPoolingModule};
pub use max_pooling::{MaxPooling1d, MaxPooling1dModule, MaxPooling2d, MaxPooling2dModule, MaxPooling3d, MaxPooling3dModule};
pub use pool::{Average, Max, Reduction};
pub use window_pooling::{WindowPooling, WindowPoolingModule};
