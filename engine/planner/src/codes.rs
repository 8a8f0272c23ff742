//! The stable codes of workflow mistakes. Each has a page behind `gateshift explain`.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal: $title:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*

        /// Every code the planner gives, with its meaning in a few words.
        pub const CODES: &[(&str, &str)] = &[$(($code, $title)),*];
    };
}

codes! {
    YAML = "GS-WF-YAML": "the file is no valid YAML";
    TOO_LARGE = "GS-WF-TOO-LARGE": "the file is too large or nests too deep";
    DUPLICATE_KEY = "GS-WF-DUPLICATE-KEY": "a key is written twice";
    UNKNOWN_KEY = "GS-WF-UNKNOWN-KEY": "a key that the format does not have";
    TYPE = "GS-WF-TYPE": "a value of the wrong type";
    MISSING_KEY = "GS-WF-MISSING-KEY": "a key that has to be there is not";
    VALUE = "GS-WF-VALUE": "a value that is not allowed at its place";
    API_VERSION = "GS-WF-API-VERSION": "a version of the format that this program does not read";
    NAME = "GS-WF-NAME": "a name with letters that names do not have";
    UNIT = "GS-WF-UNIT": "a duration or a percentage that is written wrongly";
    EXPRESSION = "GS-WF-EXPRESSION": "an expression that cannot be read, or that stands where none is allowed";
    INPUT = "GS-WF-INPUT": "an input that is declared wrongly, or set to a value it cannot have";
    INPUT_UNKNOWN = "GS-WF-INPUT-UNKNOWN": "an input that the file does not declare";
    INPUT_MISSING = "GS-WF-INPUT-MISSING": "an input that is needed has no value";
    KIND_UNKNOWN = "GS-WF-KIND-UNKNOWN": "a kind of connection that does not exist";
    SECRET = "GS-WF-SECRET": "a secret is written into the file";
    CONNECTION_MISSING = "GS-WF-CONNECTION-MISSING": "a step needs a connection that the file does not define";
    CONNECTION_KIND = "GS-WF-CONNECTION-KIND": "a step is given a connection of a kind it cannot use";
    CONNECTION_UNUSED = "GS-WF-CONNECTION-UNUSED": "no step uses a connection";
    ROLE_UNKNOWN = "GS-WF-ROLE-UNKNOWN": "a connection is bound to a role that the migrator does not have";
    MIGRATOR_UNKNOWN = "GS-WF-MIGRATOR-UNKNOWN": "a migrator that does not exist";
    STEP_UNKNOWN = "GS-WF-STEP-UNKNOWN": "a step needs a step that does not exist";
    NEED_TWICE = "GS-WF-NEED-TWICE": "a step names the same need twice";
    CYCLE = "GS-WF-CYCLE": "steps wait for each other";
    READS = "GS-WF-READS": "a step comes before a step whose result it reads";
    SETTING = "GS-WF-SETTING": "a setting that the migrator or the connection does not take";
    SETTING_UNKNOWN = "GS-WF-SETTING-UNKNOWN": "a setting that does not exist";
    SETTING_MISSING = "GS-WF-SETTING-MISSING": "a setting that has to be there is not";
    OUTPUT = "GS-WF-OUTPUT": "an output is asked for that is not there in time, or not at all";
    FOREACH = "GS-WF-FOREACH": "a list of `foreach` that is not known before the run, or that cannot make names";
    WINDOW = "GS-WF-WINDOW": "a window that does not exist, or hours that cannot be";
    APPROVAL = "GS-WF-APPROVAL": "an approval that nobody could give, or that would be none";
    WAIVER = "GS-WF-WAIVER": "a waiver for what can never be waived, or the same one twice";
    INTERNAL = "GS-WF-INTERNAL": "the planner contradicts itself";
    SCHEMA = "GS-WF-SCHEMA": "the settings schema of a migrator or a kind of connection is broken";
}
