# The root has no module of its own: tflint runs in modules/* and examples/*.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
