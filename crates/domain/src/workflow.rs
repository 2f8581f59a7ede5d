//! Deciding a move of the workflow.
