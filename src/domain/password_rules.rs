//! What may be a password (OWASP ASVS 5 §6.2): long enough, and none that is tried first. What it is made of is its
//! owner's affair, and it is never cut or changed.

/// Characters at the least.
pub const LEAST: usize = 10;

/// Characters at the most.
pub const MOST: usize = 200;

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too short.
    #[error("密码至少 {LEAST} 个字符，可以用一句自己记得住的话")]
    Short,
    /// Too long.
    #[error("密码最多 {MOST} 个字符，请缩短")]
    Long,
    /// The address, or its part before the @.
    #[error("密码不能用自己的邮箱地址，请另想一个")]
    Address,
    /// Made of the name of the service.
    #[error("密码不能用本系统的名称，请另想一个")]
    ServiceName,
    /// One that everybody tries first.
    #[error("这个密码太常见，容易被猜中，请另想一个")]
    Common,
}

impl PasswordFault {
    /// Its key in the catalogue of pages.
    pub fn key(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Address => "address",
            Self::ServiceName => "service_name",
            Self::Common => "common",
        }
    }
}

/// What is in everybody's list: lower case, without what is often added at the end.
const COMMON: [&str; 64] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyuiop",
    "qwerty",
    "qwertyui",
    "qwer",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "qazwsx",
    "qazwsxedc",
    "zaq12wsx",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "q1w2e3r4t5",
    "qwe",
    "qweasd",
    "qweasdzxc",
    "asd",
    "abc",
    "abcd",
    "abcdef",
    "abcdefg",
    "abcdefgh",
    "abcdefghij",
    "a",
    "aa",
    "admin",
    "administrator",
    "root",
    "test",
    "guest",
    "welcome",
    "letmein",
    "iloveyou",
    "woaini",
    "woaini1314",
    "woaini520",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "dragon",
    "monkey",
    "master",
    "shadow",
    "michael",
    "changeme",
    "default",
    "login",
    "secret",
    "jiaoyu",
    "jiaoyuju",
    "xuexiao",
    "mima",
    "wodemima",
    "zhongguo",
    "nihao",
];

/// The beginnings of the name of the service.
const OF_SERVICE: [&str; 4] = ["duban", "dubanxitong", "督办", "督办系统"];

/// Checks a password for the user of an address.
///
/// # Errors
/// [`PasswordFault`].
pub fn check(password: &str, address: &str) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length < LEAST {
        return Err(PasswordFault::Short);
    }
    if length > MOST {
        return Err(PasswordFault::Long);
    }
    let lower = password.to_lowercase();
    let address = address.to_lowercase();
    let local = address.split('@').next().unwrap_or_default();
    let core = core(&lower);
    if lower == address || (!local.is_empty() && (lower == local || core == local)) {
        return Err(PasswordFault::Address);
    }
    if OF_SERVICE.contains(&core) {
        return Err(PasswordFault::ServiceName);
    }
    if COMMON.contains(&core) || COMMON.contains(&lower.as_str()) || is_run(&lower) {
        return Err(PasswordFault::Common);
    }
    Ok(())
}

/// Without digits and signs at its ends: `password2026!` is `password`.
fn core(lower: &str) -> &str {
    let is_added = |c: char| c.is_ascii_digit() || c.is_ascii_punctuation();
    lower.trim_matches(is_added)
}

/// One character or a pair over and over, or neighbours in a row: `1111111111`, `1234567890`, `abababababab`.
fn is_run(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    let repeats = |by: usize| chars.iter().zip(chars.iter().skip(by)).all(|(a, b)| a == b);
    let steps = |by: i64| {
        let pairs = chars.iter().zip(chars.iter().skip(1));
        let mut pairs = pairs.map(|(a, b)| (i64::from(u32::from(*a)), i64::from(u32::from(*b))));
        pairs.all(|(a, b)| b - a == by || (a, b) == (57, 48) || (a, b) == (48, 57))
    };
    (1..=4).any(repeats) || steps(1) || steps(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_refused_and_what_is_long_is_not() {
        use PasswordFault::{Address, Common, Long, ServiceName, Short};
        let address = "lixiaoming@edu.example.org";
        let long = "密".repeat(MOST + 1);
        for (password, wanted) in [
            ("", Err(Short)),
            ("九个字符九个字符九", Err(Short)),
            ("十个字符十个字符可以", Ok(())),
            (long.as_str(), Err(Long)),
            (&long[3..], Err(Common)),
            ("correct horse battery staple", Ok(())),
            ("          ", Err(Common)),
            ("password2026!", Err(Common)),
            ("Qwertyuiop", Err(Common)),
            ("1234567890", Err(Common)),
            ("0987654321", Err(Common)),
            ("1111111111", Err(Common)),
            ("abcabcabcabc", Err(Common)),
            ("LiXiaoming@edu.example.org", Err(Address)),
            ("lixiaoming", Err(Address)),
            ("lixiaoming123", Err(Address)),
            ("Duban202611", Err(ServiceName)),
            ("督办系统1234567", Err(ServiceName)),
            ("春风又绿江南岸2026", Ok(())),
            (" leading and trailing ", Ok(())),
        ] {
            assert_eq!(check(password, address), wanted, "{password:?}");
        }
    }
}
