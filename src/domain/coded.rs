//! Enums that have a stable code and a Chinese name: written down once, one line a variant.

macro_rules! coded {
    ($(#[$type_doc:meta])* $type:ident $what:literal { $($(#[$doc:meta])* $name:ident $code:literal $label:literal),+ $(,)? }) => {
        $(#[$type_doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$doc])* $name,)+
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The Chinese name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::domain::role::UnknownCode;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.as_str() == code)
                    .ok_or_else(|| $crate::domain::role::UnknownCode::new($what, code))
            }
        }
    };
}

pub(crate) use coded;
