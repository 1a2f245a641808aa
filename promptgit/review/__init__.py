"""What a change of prompts means, for people who decide about it."""
