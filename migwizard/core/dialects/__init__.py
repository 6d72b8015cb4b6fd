"""What servers make of migrations, told without asking one."""
