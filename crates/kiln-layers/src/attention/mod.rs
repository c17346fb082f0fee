//! Layers in which a step looks at all others and takes the mean of what fits it.

mod additive_attention;
#[allow(clippy::module_inception)] // Keras' layer has the name of its room
mod attention;
mod group_query_attention;
mod heads;
mod heads_module;
mod multi_head_attention;
mod positions;
mod scored;

pub use additive_attention::{AdditiveAttention, AdditiveAttentionModule};
pub use attention::{Attention, AttentionModule};
pub use group_query_attention::GroupQueryAttention;
pub use heads_module::HeadsModule;
pub use multi_head_attention::MultiHeadAttention;

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/attention.json"));
        assert!(gap <= 1.0);
    }
}
