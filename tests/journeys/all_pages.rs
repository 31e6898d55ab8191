//! One page of each kind: every page of the menu, and the first row of each list.
