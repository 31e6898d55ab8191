//! Puts the catalogue's words into the command line: `cli.<command>.about` and `cli.<command>.<argument>`.

use clap::{Arg, ArgAction, Command};
use rust_i18n::t;

/// The command with every help text in `locale`.
pub(super) fn localize(command: Command, locale: &str) -> Command {
    let words = Words { locale };
    let command = command
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version),
        )
        .after_help(words.of("cli.frame.after").unwrap_or_default());
    words.put(command, "cli")
}

struct Words<'a> {
    locale: &'a str,
}

impl Words<'_> {
    fn of(&self, key: &str) -> Option<String> {
        let text = t!(key, locale = self.locale);
        // A missing key comes back as itself.
        (text != key && !text.ends_with(key)).then(|| text.into_owned())
    }

    fn put(&self, mut command: Command, path: &str) -> Command {
        let name = |part: &str| part.replace('-', "_");
        if let Some(about) = self.of(&format!("{path}.about")) {
            command = command.about(about);
        }
        let usage = self.of("cli.frame.usage").unwrap_or_default();
        command = command.help_template(format!(
            "{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}"
        ));
        if command.has_subcommands() {
            let heading = self.of("cli.frame.commands").unwrap_or_default();
            command = command.subcommand_help_heading(heading);
        }
        let own: Vec<String> = command
            .get_arguments()
            .map(|arg| arg.get_id().to_string())
            .collect();
        for id in own {
            let help = self
                .of(&format!("{path}.{}", name(&id)))
                .or_else(|| self.of(&format!("cli.frame.{}", name(&id))));
            command = command.mut_arg(&id, |arg| {
                let heading = if arg.is_positional() {
                    "cli.frame.arguments"
                } else {
                    "cli.frame.options"
                };
                let arg = arg.help_heading(self.of(heading).unwrap_or_default());
                match help {
                    Some(help) => arg.help(help),
                    None => arg,
                }
            });
        }
        command = command.disable_help_flag(true).arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(self.of("cli.frame.help").unwrap_or_default())
                .help_heading(self.of("cli.frame.options").unwrap_or_default()),
        );
        let subcommands: Vec<String> = command
            .get_subcommands()
            .map(|sub| sub.get_name().to_owned())
            .collect();
        for sub in subcommands {
            let below = format!("{path}.{}", name(&sub));
            command = command.mut_subcommand(&sub, |inner| self.put(inner, &below));
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn missing(command: &Command, path: &str, out: &mut Vec<String>) {
        if command.get_about().is_none() {
            out.push(format!("{path}.about"));
        }
        for arg in command.get_arguments() {
            if arg.get_help().is_none() {
                out.push(format!("{path}.{}", arg.get_id()));
            }
        }
        for sub in command.get_subcommands() {
            missing(sub, &format!("{path}.{}", sub.get_name()), out);
        }
    }

    #[test]
    fn every_command_and_argument_has_words_in_both_languages() {
        for locale in ["zh-CN", "en"] {
            let mut out = Vec::new();
            missing(
                &localize(crate::cli::args::Cli::command(), locale),
                "cli",
                &mut out,
            );
            assert!(out.is_empty(), "{locale}: {out:?}");
        }
    }
}
