"""What tests share: fakes, rigs, made-up music, and a Max that is simulated."""
