"""CKAN actions, for existing clients of CKAN's action API."""
