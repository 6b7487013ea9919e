# tflint runs in modules/* and examples/*, because the repository's root has no module.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
