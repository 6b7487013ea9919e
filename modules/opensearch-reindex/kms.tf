# What the policy of the key has to allow beside its administration. It names nothing of the key, so a key can be made
# with it in the same configuration.

locals {
  # Services that use the key for what is made here, by the statement that lets them.
  kms_key_services = merge(
    var.create_alarms && var.create_notifications && var.create_notification_topic ? { NotifyOfAlarms = "cloudwatch.amazonaws.com" } : {},
    var.create_dead_letter_queue ? { QueueEvents = "events.amazonaws.com" } : {},
  )
  kms_key_policy_statements = concat(
    [
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.${local.dns_suffix}" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = ["*"]
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for log_group in concat(values(local.function_log_groups), [local.state_machine_log_group, local.index_machine_log_group]) :
              "${local.log_group_arn_prefix}:${log_group}"
            ]
          }
        }
      },
    ],
    [
      for sid, service in local.kms_key_services : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      }
    ],
  )
}
