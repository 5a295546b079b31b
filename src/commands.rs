//! The commands that a person runs, without their files, arguments and terminal: the program and the npm package have
//! those, and both print what these return.

mod command;

mod answer;

mod capture;

mod listen;

mod samples;

mod infer;

mod registry;

mod run;

pub use answer::Answer;
pub use command::{Capture, Command, Infer, Samples};
pub use listen::{Received, receive};
pub use run::run;
