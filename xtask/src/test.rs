use crate::step::Done;
pub fn test() -> Done {
    Ok(())
}
