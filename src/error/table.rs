//! How the table of failures becomes types: one row gives a variant, its code, its fault, the status to
//! answer, its sentence and its advice.

macro_rules! errors {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $({ $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)+ })?
        = $code:literal, $fault:ident, $status:literal, $sentence:literal, $advice:literal;
    )+) => {
        /// A failure with what is needed to explain it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[doc = $doc])+ $name $({ $($(#[doc = $field_doc])+ $field: $type,)+ })?,)+
        }

        /// The stable name of a failure, the same in Rust, JavaScript and the docs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as text, for example `header_missing`. It never changes once published.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// Who has to change something.
            #[must_use]
            pub const fn fault(self) -> Fault {
                match self { $(Self::$name => Fault::$fault,)+ }
            }

            /// The HTTP status to answer to a delivery that was refused with this code.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The sentence with its places unfilled, for documentation.
            #[must_use]
            pub const fn template(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }

            /// What to do about it, for documentation.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }

        impl Error {
            /// The stable code of this failure.
            #[must_use]
            pub const fn code(&self) -> Code {
                match self { $(Self::$name { .. } => Code::$name,)+ }
            }
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$name $({ $($field,)+ })? => write!(f, $sentence),)+ }
            }
        }
    };
}
