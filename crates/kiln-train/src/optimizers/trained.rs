//! What an optimizer can change.

use burn::module::Module;
use kiln_core::Result;

/// Something whose weights an optimizer changes: any Burn module, or a model that holds one.
pub trait Trained {
    /// The module with the weights.
    type Module: Module;

    /// The module.
    fn module(&self) -> &Self::Module;

    /// Replaces the module by what `change` makes of it. On an error the old weights come back.
    ///
    /// # Errors
    /// Those of `change`.
    fn change(&mut self, change: impl FnOnce(Self::Module) -> Result<Self::Module>) -> Result<()>;
}

impl<M: Module> Trained for M {
    type Module = M;

    fn module(&self) -> &M {
        self
    }

    fn change(&mut self, change: impl FnOnce(M) -> Result<M>) -> Result<()> {
        *self = change(self.clone())?;
        Ok(())
    }
}
