//! The ground colours that lights have in every file that we write.

use crate::domain::light::Light;

/// Red, green, blue: light enough to read black on, and to print.
pub(super) const fn light_colour(light: Light) -> u32 {
    match light {
        Light::Red => 0xFF_C7CE,
        Light::Yellow => 0xFF_EB9C,
        Light::Green => 0xC6_EFCE,
    }
}
