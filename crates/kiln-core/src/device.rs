//! Where tensors live and models compute.

use crate::error::{Error, Result};
use std::fmt;
use std::sync::RwLock;

/// A device: the CPU by Burn's flex backend, or one that a feature flag adds.
///
/// ```
/// use kiln_core::Device;
/// assert_eq!(Device::flex().to_string(), "flex (CPU)");
/// assert_eq!(Device::from_name("gpu9000").unwrap_err().to_string(),
///     "unknown device `gpu9000`; known are `auto`, `flex`, `ndarray`, `wgpu`, `vulkan`, `metal`, `webgpu`, `cuda`, `rocm`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device(burn::tensor::Device);

/// The device new models are built on; `None` until somebody asks.
static DEFAULT: RwLock<Option<Device>> = RwLock::new(None);

/// Every name [`Device::from_name`] and `KILN_DEVICE` take.
const NAMES: [&str; 9] = ["auto", "flex", "ndarray", "wgpu", "vulkan", "metal", "webgpu", "cuda", "rocm"];

macro_rules! gpu {
    ($(#[$doc:meta])* $name:ident, $feature:literal, $filter:ident, $make:expr) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// The feature is not compiled in, or no adapter answers.
        pub fn $name() -> Result<Self> {
            #[cfg(feature = $feature)]
            {
                if burn::tensor::Device::enumerate(burn::tensor::DeviceType::$filter).into_vec().is_empty() && !software_wanted() {
                    return Err(Error::device(concat!("Device::", stringify!($name)), "no adapter answers")
                        .hint("use `Device::flex()`, or `Device::auto()` which falls back to it"));
                }
                Ok(Self($make))
            }
            #[cfg(not(feature = $feature))]
            Err(not_compiled($feature))
        }
    };
}

impl Device {
    /// The CPU, by Burn's flex backend. Always there.
    pub fn flex() -> Self {
        Self(burn::tensor::Device::flex())
    }

    /// The CPU, by Burn's ndarray backend (feature `ndarray`).
    ///
    /// # Errors
    /// The feature is not compiled in.
    #[allow(deprecated)] // Burn drops this backend in its next release; until then Kiln offers it.
    pub fn ndarray() -> Result<Self> {
        #[cfg(feature = "ndarray")]
        return Ok(Self(burn::tensor::Device::ndarray()));
        #[cfg(not(feature = "ndarray"))]
        Err(not_compiled("ndarray"))
    }

    gpu!(
        /// The best graphics API of this machine by wgpu (feature `wgpu`).
        wgpu, "wgpu", Wgpu, burn::tensor::Device::wgpu(kind())
    );
    gpu!(
        /// Vulkan (feature `vulkan`).
        vulkan, "vulkan", Vulkan, burn::tensor::Device::vulkan(kind())
    );
    gpu!(
        /// Metal (feature `metal`).
        metal, "metal", Metal, burn::tensor::Device::metal(kind())
    );
    gpu!(
        /// WebGPU (feature `webgpu`).
        webgpu, "webgpu", WebGpu, burn::tensor::Device::webgpu(kind())
    );
    gpu!(
        /// The first CUDA GPU (feature `cuda`).
        cuda, "cuda", Cuda, burn::tensor::Device::cuda(0usize)
    );
    gpu!(
        /// The first ROCm GPU (feature `rocm`).
        rocm, "rocm", Rocm, burn::tensor::Device::rocm(0usize)
    );

    /// The best device that is compiled in and answers: CUDA, ROCm, Metal, Vulkan, WebGPU, wgpu, else the CPU.
    ///
    /// # Errors
    /// None today; a `Result` because looking for adapters may fail.
    pub fn auto() -> Result<Self> {
        let candidates = [Self::cuda, Self::rocm, Self::metal, Self::vulkan, Self::webgpu, Self::wgpu];
        Ok(candidates.into_iter().find_map(|device| device().ok()).unwrap_or_else(Self::flex))
    }

    /// By name, as in `KILN_DEVICE`.
    ///
    /// # Errors
    /// An unknown name, or a device that is not there.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "auto" => Self::auto(),
            "flex" | "cpu" => Ok(Self::flex()),
            "ndarray" => Self::ndarray(),
            "wgpu" => Self::wgpu(),
            "vulkan" => Self::vulkan(),
            "metal" => Self::metal(),
            "webgpu" => Self::webgpu(),
            "cuda" => Self::cuda(),
            "rocm" => Self::rocm(),
            _ => Err(Error::unknown("device", name, NAMES)),
        }
    }

    /// The device new models are built on: [`set_device`]'s, else `KILN_DEVICE`'s, else flex.
    ///
    /// # Errors
    /// `KILN_DEVICE` names a device that is not there.
    pub fn current() -> Result<Self> {
        if let Some(device) = DEFAULT.read().unwrap_or_else(|e| e.into_inner()).clone() {
            return Ok(device);
        }
        let device = match std::env::var("KILN_DEVICE") {
            Ok(name) => Self::from_name(&name)?,
            Err(_) => Self::flex(),
        };
        set_device(device.clone());
        Ok(device)
    }

    /// Where data sets and results are held: the CPU.
    pub fn host() -> Self {
        Self::flex()
    }

    /// Burn's device.
    pub fn burn(&self) -> &burn::tensor::Device {
        &self.0
    }

    /// From Burn's device.
    pub fn from_burn(device: burn::tensor::Device) -> Self {
        Self(device)
    }

    /// The side of the device that records operations for the gradient.
    pub fn autodiff(&self) -> Self {
        Self(self.0.clone().autodiff())
    }

    /// Whether computing happens in host memory.
    pub fn is_cpu(&self) -> bool {
        let plain = Self(self.0.clone().without_autodiff());
        plain == Self::flex() || Self::ndarray().is_ok_and(|n| plain == n)
    }
}

#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "webgpu"))]
fn kind() -> burn::tensor::DeviceKind {
    if software_wanted() { burn::tensor::DeviceKind::Cpu } else { burn::tensor::DeviceKind::DefaultDevice }
}

/// Burn takes a software adapter only when it is asked for by name; the same variable asks Kiln.
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "webgpu", feature = "cuda", feature = "rocm"))]
fn software_wanted() -> bool {
    std::env::var("CUBECL_WGPU_DEFAULT_DEVICE").is_ok_and(|kind| kind.eq_ignore_ascii_case("cpu"))
}

#[allow(dead_code)] // unused only when every feature is on
fn not_compiled(feature: &str) -> Error {
    Error::device(feature, "this device is not compiled in").hint(format!("build with `--features {feature}`"))
}

/// Sets the device that models built from now on live on.
pub fn set_device(device: Device) {
    *DEFAULT.write().unwrap_or_else(|e| e.into_inner()) = Some(device);
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.clone().without_autodiff();
        if Self(plain.clone()) == Self::flex() {
            return f.write_str("flex (CPU)");
        }
        if Self::ndarray().is_ok_and(|n| n.0 == plain) {
            return f.write_str("ndarray (CPU)");
        }
        write!(f, "{plain:?}")
    }
}
